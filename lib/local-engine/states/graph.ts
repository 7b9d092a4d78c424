import { setImmediate } from 'node:timers/promises';
import { choice } from './choice.ts';
import { Aborted } from './errors.ts';
import { fail } from './fail.ts';
import type { StateGraph } from './machine.ts';
import { map } from './map.ts';
import { parallel } from './parallel.ts';
import { task } from './task.ts';
import { type Step, type Thread, Visit } from './visit.ts';
import { wait } from './wait.ts';

/** After so many states in a row a thread lets the process breathe: a loop of Pass and Choice would keep timers from firing. */
const STATES_IN_A_ROW = 100;
/** The states that last long enough to be stopped in the middle; the others have no event for it. */
const ABORTABLE = new Set(['Task', 'Map', 'Parallel', 'Wait']);

/** Goes from StartAt to a terminal state and returns its output. Throws StateFailure, or Aborted when the thread is stopped. */
export async function runGraph(graph: StateGraph, input: unknown, thread: Thread): Promise<unknown> {
  let step: Step = { output: input, next: graph.StartAt };
  for (let count = 1; step.next !== undefined; count++) {
    if (count % STATES_IN_A_ROW === 0) await setImmediate();
    thread.signal.throwIfAborted();
    const visit = new Visit(thread, step.next, graph.States[step.next]!, step.output);
    try {
      step = await carryOut(visit);
    } catch (thrown) {
      if (thrown instanceof Aborted) noteAbort(visit);
      throw thrown;
    }
  }
  return step.output;
}

function carryOut(visit: Visit): Promise<Step> {
  const { state } = visit;
  switch (state.Type) {
    case 'Task':
      return task(visit, state);
    case 'Map':
      return map(visit, state);
    case 'Parallel':
      return parallel(visit, state);
    case 'Choice':
      return choice(visit, state);
    case 'Wait':
      return wait(visit, state);
    case 'Pass':
      return visit.leave(state, { fallback: visit.input, next: state.Next });
    case 'Succeed':
      return visit.leave(state, { fallback: visit.input, next: undefined });
    case 'Fail':
      return fail(visit, state);
  }
}

/**
 * AWS chains these events to the failure that caused them; here they stay in their own thread, so that a reader who follows
 * `previousEventId` learns which state of which iteration was stopped.
 */
function noteAbort(visit: Visit): void {
  const { history, signal } = visit.thread.execution;
  if (ABORTABLE.has(visit.state.Type) && !history.full && !signal.aborted) visit.append(`${visit.state.Type}StateAborted`);
}
