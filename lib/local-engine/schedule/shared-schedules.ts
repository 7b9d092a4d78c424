import type { Invocation } from '../events/rules.ts';
import { runSchedules, type Schedule } from './schedules.ts';

/** The schedules of an engine, run once for as long as anybody wants them to run. */
export class SharedSchedules {
  readonly #schedules: Schedule[];
  readonly #fire: (invocation: Invocation) => void;
  #wanted = 0;
  #running: { stop: AbortController; ended: Promise<void> } | undefined;

  constructor(schedules: Schedule[], fire: (invocation: Invocation) => void) {
    this.#schedules = schedules;
    this.#fire = fire;
  }

  /** Keeps the schedules running until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#wanted += 1;
    if (this.#running === undefined) {
      const stop = new AbortController();
      this.#running = { stop, ended: runSchedules(this.#schedules, this.#fire, stop.signal) };
    }
    const { stop, ended } = this.#running;
    signal.addEventListener('abort', () => this.#leave(stop), { once: true });
    await Promise.race([
      ended,
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    ]);
  }

  /** Ends all runs. */
  async close(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.ended;
  }

  #leave(stop: AbortController): void {
    this.#wanted -= 1;
    if (this.#wanted > 0) return;
    stop.abort();
    this.#running = undefined;
  }
}
