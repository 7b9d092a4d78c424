import { TaskFailure } from '../../../../lib/local-engine/states/errors.ts';
import type { HistoryEvent } from '../../../../lib/local-engine/states/history.ts';
import { parseMachine } from '../../../../lib/local-engine/states/machine.ts';
import { type Outcome, run } from '../../../../lib/local-engine/states/run.ts';
import type { TaskCall } from '../../../../lib/local-engine/states/visit.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a task answers to one call, after some seconds. `never` answers nothing and listens to no signal either. */
export type Answer = { after?: number } & (
  | { give: unknown }
  | { echo: true }
  | { fail: [error: string, cause: string] }
  | { never: true }
);

export interface Script {
  machine: Record<string, unknown>;
  input?: unknown;
  /** By the name of the state, one answer per call in the order of the calls. A call too many ends in States.Runtime. */
  tasks?: Record<string, Answer[]>;
  /** Seconds after which the execution is stopped, and what StopExecution was told. */
  stop?: { after: number; error?: string; cause?: string };
}

export interface Told {
  outcome: Outcome;
  events: HistoryEvent[];
  calls: TaskCall[];
  clock: VirtualClock;
}

export const EXECUTION_ARN = 'arn:aws:states:eu-west-1:123456789012:execution:Foreign:run-1';

/** Wraps states into a JSONata machine. */
export function machineOf(
  startAt: string,
  states: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: states, ...more };
}

/** Runs a machine against scripted answers on a virtual clock. */
export async function play({ machine, input = {}, tasks = {}, stop }: Script): Promise<Told> {
  const clock = new VirtualClock();
  const events: HistoryEvent[] = [];
  const calls: TaskCall[] = [];
  const answered = new Map<string, number>();
  const controller = new AbortController();
  const over = new AbortController();
  if (stop) {
    const reason = new TaskFailure(stop.error ?? '', stop.cause ?? '');
    clock.sleep(stop.after * 1000, over.signal).then(
      () => controller.abort(reason),
      () => {},
    );
  }
  const outcome = await run({
    machine: parseMachine(machine, 'Foreign'),
    input,
    context: {
      Execution: {
        Id: EXECUTION_ARN,
        Input: input,
        Name: 'run-1',
        RoleArn: 'arn:aws:iam::123456789012:role/Foreign',
        StartTime: new Date(clock.now()).toISOString(),
      },
      StateMachine: { Id: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Foreign', Name: 'Foreign' },
    },
    performTask: async (call) => {
      calls.push(call);
      const count = answered.get(call.stateName) ?? 0;
      answered.set(call.stateName, count + 1);
      const answer = tasks[call.stateName]?.[count];
      if (answer === undefined) throw new Error(`no answer number ${count + 1} for ${call.stateName}`);
      if (answer.after) await clock.sleep(answer.after * 1000, call.signal);
      if ('never' in answer) return new Promise(() => {});
      if ('fail' in answer) throw new TaskFailure(...answer.fail);
      return 'echo' in answer ? call.arguments : answer.give;
    },
    record: (event) => events.push(event),
    signal: controller.signal,
    timers: clock,
  });
  over.abort();
  return { outcome, events, calls, clock };
}
