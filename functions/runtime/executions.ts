import { DescribeExecutionCommand, type DescribeExecutionOutput, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';

const client = new SFNClient({});

/** How an execution stands; undefined: Step Functions has forgotten it (90 days). */
async function describe(executionArn: string): Promise<DescribeExecutionOutput | undefined> {
  try {
    return await client.send(new DescribeExecutionCommand({ executionArn }));
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}

/** True while the execution goes on. */
export async function isRunning(executionArn: string): Promise<boolean> {
  return (await describe(executionArn))?.status === 'RUNNING';
}

/** True of one that failed, was aborted or timed out. */
export async function endedBadly(executionArn: string): Promise<boolean> {
  const { status = 'SUCCEEDED' } = (await describe(executionArn)) ?? {};
  return status !== 'RUNNING' && status !== 'SUCCEEDED';
}

/** The execution that started this one and waits for it; null when it was started by itself. */
export async function parentOf(executionArn: string): Promise<string | null> {
  const input = z.object({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: z.string() });
  const given = input.safeParse(JSON.parse((await describe(executionArn))?.input ?? 'null'));
  return given.success ? given.data.AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID : null;
}
