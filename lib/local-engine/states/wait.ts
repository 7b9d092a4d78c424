import { isTimestamp } from './checks.ts';
import type { WaitState } from './machine.ts';
import { pause } from './timers.ts';
import { type Step, type Visit, wholeNumber } from './visit.ts';

/** Waits for some seconds or until a point in time; one that has passed is no wait at all. */
export async function wait(visit: Visit, state: WaitState): Promise<Step> {
  const { timers } = visit.thread.execution;
  const milliseconds =
    state.Timestamp === undefined
      ? (await visit.evaluateTo(state.Seconds, 'Seconds', ...wholeNumber(0))) * 1000
      : Date.parse(await visit.evaluateTo(state.Timestamp, 'Timestamp', 'an ISO 8601 timestamp', isTimestamp)) - timers.now();
  if (milliseconds > 0) await pause(timers, milliseconds, visit.thread.signal);
  return visit.leave(state, { fallback: visit.input, next: state.Next });
}
