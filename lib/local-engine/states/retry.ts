import { matchesError } from './errors.ts';
import type { Retrier } from './machine.ts';

/** What the retriers of one state have already spent. Every retrier counts for itself; a new visit of the state starts anew. */
export class Retries {
  readonly #retriers: readonly Retrier[];
  readonly #spent = new Map<Retrier, number>();

  constructor(retriers: readonly Retrier[] = []) {
    this.#retriers = retriers;
  }

  /** How long to wait before the next attempt, in milliseconds; undefined when there is none. Only the first match counts. */
  next(error: string): number | undefined {
    const retrier = this.#retriers.find(({ ErrorEquals }) => matchesError(ErrorEquals, error));
    if (retrier === undefined) return undefined;
    const spent = this.#spent.get(retrier) ?? 0;
    if (spent >= (retrier.MaxAttempts ?? 3)) return undefined;
    this.#spent.set(retrier, spent + 1);
    return delayOf(retrier, spent);
  }
}

function delayOf(
  { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy }: Retrier,
  spent: number,
): number {
  const longest = Math.min(IntervalSeconds * BackoffRate ** spent, MaxDelaySeconds) * 1000;
  return JitterStrategy === 'FULL' ? Math.random() * longest : longest;
}
