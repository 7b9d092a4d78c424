import { matchesError, StateFailure } from './errors.ts';
import type { Catcher, Retrier } from './machine.ts';
import { Retries } from './retry.ts';
import { pause } from './timers.ts';
import type { Step, Visit } from './visit.ts';

/**
 * Carries out a Task, Map or Parallel state: an attempt that fails is repeated as its retriers say, and what they leave over goes to
 * the first catcher that matches. An attempt reaches from Arguments to Output, as their expressions can fail and be retried too.
 */
export async function withRetryAndCatch(
  visit: Visit,
  { Retry, Catch = [] }: { Retry?: Retrier[]; Catch?: Catcher[] },
  attempt: () => Promise<Step>,
): Promise<Step> {
  const retries = new Retries(Retry);
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof StateFailure)) throw thrown;
      const delay = retries.next(thrown.error);
      if (delay === undefined) return handOver(visit, Catch, thrown);
      await pause(visit.thread.execution.timers, delay, visit.thread.signal);
      visit.retryCount += 1;
    }
  }
}

async function handOver(visit: Visit, catchers: Catcher[], failure: StateFailure): Promise<Step> {
  const index = catchers.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure.error));
  const catcher = catchers[index];
  if (catcher === undefined) throw failure;
  const errorOutput = { Error: failure.error, Cause: failure.cause };
  return visit.leave(catcher, {
    fallback: errorOutput,
    next: catcher.Next,
    location: `Catch[${index}]/`,
    extra: { errorOutput },
  });
}
