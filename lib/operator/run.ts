import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { idOf } from '../../functions/contract/ids.ts';
import { type Cause, readCause } from './cause.ts';
import { Follower } from './follow.ts';
import { OperatorError } from './operator-error.ts';
import type { Work } from './verb.ts';

/** What a machine of the suite answers when it ends well. */
const output = z.looseObject({
  outcome: z.string(),
  id: z.string().nullish(),
  proofId: z.string().nullish(),
  holder: z.unknown().optional(),
  restoreId: z.string().nullish(),
  name: z.string().nullish(),
  message: z.string().nullish(),
});
export type Output = z.infer<typeof output>;

/** How a run ended: with an answer, or with an error of the table and what its cause tells. */
export type Ended = { executionArn: string } & ({ ok: true; output: Output } | { ok: false; error: string; cause: Cause });

/**
 * Starts a machine and follows it to its end. When the work is interrupted the execution is stopped; the run then ends with Interrupted.
 * Whatever cleans up after a run that did not end well is waited for, so that the caller may leave.
 */
export async function run(work: Work, machineArn: string, input: object, began: (executionArn: string) => void): Promise<Ended> {
  const { connection, signal } = work;
  signal.throwIfAborted();
  const name = `manual-${idOf(new Date())}-${randomBytes(3).toString('hex')}`;
  const { executionArn } = await connection.states.send(
    new StartExecutionCommand({ stateMachineArn: machineArn, name, input: JSON.stringify(input) }),
  );
  if (executionArn === undefined) throw new OperatorError('Unexpected', 'StartExecution gave no executionArn.');
  began(executionArn);

  const follower = new Follower(connection, work.progress, executionArn);
  let stopped = false;
  for (;;) {
    if (signal.aborted && !stopped) {
      stopped = true;
      work.progress.line('  interrupted: stopping the run and waiting until it is cleaned up');
      await connection.states.send(
        new StopExecutionCommand({ executionArn, error: 'Interrupted', cause: 'The operator interrupted the run.' }),
      );
    }
    const execution = await connection.states.send(new DescribeExecutionCommand({ executionArn }));
    await follower.look();
    if (execution.status !== 'RUNNING') {
      // Also when somebody else stopped it: an engine that is left now would end the clean-up half way.
      if (execution.status !== 'SUCCEEDED') await work.settled(executionArn);
      return endOf(execution, executionArn, stopped);
    }
    await pause(connection.pollMilliseconds, undefined, stopped ? {} : { signal }).catch(() => undefined);
  }
}

/** The refusal of a run that found another one at work. */
export function lockHeld({ holder }: Output): OperatorError {
  return new OperatorError('LockHeld', `Another run holds the lock: ${holderText(holder)}`);
}

export function holderText(holder: unknown): string {
  return typeof holder === 'string' ? holder : JSON.stringify(holder ?? 'unknown');
}

/** Exported for its rules: only SUCCEEDED with an answer that fits is a success. */
export function endOf(execution: DescribeExecutionOutput, executionArn: string, stopped: boolean): Ended {
  const cause = readCause(execution.cause ?? '');
  const failed = (error: string, message: string): Ended => ({ ok: false, executionArn, error, cause: { ...cause, message } });
  switch (execution.status) {
    case 'SUCCEEDED': {
      const parsed = output.safeParse(JSON.parse(execution.output ?? 'null'));
      if (parsed.success) return { ok: true, executionArn, output: parsed.data };
      return failed('ResultInvalid', `The run succeeded, but its answer is not one that is known: ${execution.output}`);
    }
    case 'FAILED':
      return failed(execution.error ?? 'Unexpected', cause.message || 'The run failed without saying why.');
    case 'TIMED_OUT':
      return failed('WorkflowTimedOut', 'The run did not finish in its time.');
    default:
      if (stopped) return failed('Interrupted', 'The run was interrupted, stopped and cleaned up.');
      return failed('Aborted', cause.message || 'Somebody stopped the run.');
  }
}
