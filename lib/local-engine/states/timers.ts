import { Aborted } from './errors.ts';

/** The clock of a run. `sleep` rejects as soon as the signal aborts and leaves no timer behind. Times are in milliseconds. */
export interface Timers {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Node fires a timer of more than 2^31 - 1 ms (24.8 days) at once; a Wait may last three years. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const realTimers: Timers = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    for (let left = milliseconds; left > 0; left -= LONGEST_TIMER) {
      await sleepOnce(Math.min(left, LONGEST_TIMER), signal);
    }
  },
};

function sleepOnce(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Sleeps; rejects with the reason of the signal the moment it aborts. */
export function pause(timers: Timers, milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return abandonOnAbort(timers.sleep(milliseconds, signal), signal);
}

/** A signal that aborts with its parent, or by itself after some seconds. */
export interface Deadline {
  signal: AbortSignal;
  expired(): boolean;
  /** Stops the clock; must be called in the end. */
  clear(): void;
}

/** Starts the clock for work that may take `seconds` (undefined: as long as it likes). */
export function deadline(timers: Timers, seconds: number | undefined, parent: AbortSignal): Deadline {
  const own = new AbortController();
  const done = new AbortController();
  let expired = false;
  if (seconds !== undefined) {
    timers.sleep(seconds * 1000, done.signal).then(
      () => {
        if (done.signal.aborted) return;
        expired = true;
        own.abort(new Aborted('timed out'));
      },
      () => {},
    );
  }
  return { signal: AbortSignal.any([parent, own.signal]), expired: () => expired, clear: () => done.abort() };
}

/** Settles with the work, or rejects with the reason of the signal the moment it aborts. What the work does later is ignored. */
export async function abandonOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
