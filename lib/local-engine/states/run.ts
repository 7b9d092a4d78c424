import { Aborted, StateFailure } from './errors.ts';
import { runGraph } from './graph.ts';
import { failureDetails, History, type HistoryEvent } from './history.ts';
import type { Machine } from './machine.ts';
import { deadline, realTimers, type Timers } from './timers.ts';
import type { Execution, ExecutionContext, TaskCall, Thread } from './visit.ts';

/** Does the work of a Task. Throws TaskFailure for a failure with a name; anything else that it throws ends the execution (States.Runtime). */
export type PerformTask = (call: TaskCall) => Promise<unknown>;

export interface RunOptions {
  machine: Machine;
  /** Any JSON value. */
  input: unknown;
  context: ExecutionContext;
  performTask: PerformTask;
  record(event: HistoryEvent): void;
  /** Stops the execution. A TaskFailure as its reason gives the error and cause of StopExecution. */
  signal: AbortSignal;
  timers?: Timers;
}

export type Outcome =
  | { status: 'SUCCEEDED'; output: unknown }
  | { status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; error: string; cause: string };

/**
 * Carries out one execution of a machine. Never rejects: what goes wrong is in the outcome, and in the last event of the history.
 * When it returns no state is active any more and no timer is left; a task that ignores its signal is no longer waited for.
 */
export async function run({
  machine,
  input,
  context,
  performTask,
  record,
  signal,
  timers = realTimers,
}: RunOptions): Promise<Outcome> {
  const history = new History(record, timers);
  history.append('ExecutionStarted', 0, {
    executionStartedEventDetails: { input: JSON.stringify(input), roleArn: context.Execution.RoleArn },
  });
  const stop = new AbortController();
  const onStop = () => stop.abort(new Aborted('stopped'));
  if (signal.aborted) onStop();
  else signal.addEventListener('abort', onStop, { once: true });
  const limit = deadline(timers, machine.TimeoutSeconds, stop.signal);
  const execution: Execution = { context, history, timers, signal: limit.signal, performTask, runGraph };
  // AWS chains the first state to 0, not to ExecutionStarted.
  const thread: Thread = { execution, variables: {}, lastEventId: 0, signal: limit.signal };
  try {
    const output = await runGraph(machine, input, thread);
    history.end('ExecutionSucceeded', thread.lastEventId, { executionSucceededEventDetails: { output: JSON.stringify(output) } });
    return { status: 'SUCCEEDED', output };
  } catch (thrown) {
    if (thrown instanceof Aborted || limit.signal.aborted) return stopped(signal, limit.expired(), history);
    const { error, cause } = thrown instanceof StateFailure ? thrown : new StateFailure('States.Runtime', describe(thrown));
    history.end('ExecutionFailed', thread.lastEventId, { executionFailedEventDetails: failureDetails({ error, cause }) });
    return { status: 'FAILED', error, cause };
  } finally {
    limit.clear();
    signal.removeEventListener('abort', onStop);
  }
}

/** The end of an execution that did not end by itself. As on AWS its event is chained to nothing. */
function stopped(signal: AbortSignal, expired: boolean, history: History): Outcome {
  if (expired) {
    history.end('ExecutionTimedOut', 0, { executionTimedOutEventDetails: { error: 'States.Timeout' } });
    return { status: 'TIMED_OUT', error: 'States.Timeout', cause: '' };
  }
  const { error, cause } = signal.reason instanceof StateFailure ? signal.reason : { error: '', cause: '' };
  history.end('ExecutionAborted', 0, { executionAbortedEventDetails: failureDetails({ error, cause }) });
  return { status: 'ABORTED', error, cause };
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
