import type { Timers } from '../../../../lib/local-engine/states/timers.ts';

interface Sleeper {
  due: number;
  wake(): void;
}

/**
 * A clock that jumps to the next sleeper whenever nothing else is left to do, so that three years of waiting take no time. Whoever
 * sleeps less wakes first; who is due at the same time wakes in the order of falling asleep.
 */
export class VirtualClock implements Timers {
  readonly start = Date.parse('2030-01-01T00:00:00Z');
  #now = this.start;
  #sleepers: Sleeper[] = [];
  #ticking = false;

  now(): number {
    return this.#now;
  }

  /** Seconds since the beginning. */
  get elapsed(): number {
    return (this.#now - this.start) / 1000;
  }

  /** How many still sleep: 0 after a run that left no timer behind. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { due: this.#now + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(new Error('woken up'));
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#ticking || this.#sleepers.length === 0) return;
    this.#ticking = true;
    // Twice, because an interpreter that only lets others have their turn (it does every hundred states) is not asleep.
    setImmediate(() => setImmediate(() => this.#jump()));
  }

  #jump(): void {
    this.#ticking = false;
    const next = this.#sleepers.reduce<Sleeper | undefined>(
      (first, one) => (first && first.due <= one.due ? first : one),
      undefined,
    );
    if (next === undefined) return;
    this.#sleepers = this.#sleepers.filter((other) => other !== next);
    this.#now = Math.max(this.#now, next.due);
    next.wake();
    this.#tick();
  }
}
