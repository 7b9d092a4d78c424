import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';

const client = new SFNClient({});

/** True while the execution goes on; an execution that Step Functions has forgotten (90 days) goes on no more. */
export async function isRunning(executionArn: string): Promise<boolean> {
  try {
    return (await client.send(new DescribeExecutionCommand({ executionArn }))).status === 'RUNNING';
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return false;
    throw error;
  }
}
