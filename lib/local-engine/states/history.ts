import { StateFailure } from './errors.ts';
import type { Timers } from './timers.ts';

/** One event of an execution, as GetExecutionHistory returns it. Ids count from 1; `previousEventId` 0 means the beginning. */
export type HistoryEvent = {
  id: number;
  previousEventId: number;
  timestamp: Date;
  type: string;
  [details: `${string}EventDetails`]: Record<string, unknown>;
};

export type EventDetails = { [details: `${string}EventDetails`]: Record<string, unknown> };

/** Step Functions fails an execution whose history reaches this quota; the last event says so. */
const MOST_EVENTS = 25_000;

/** Numbers the events of one execution. */
export class History {
  readonly #record: (event: HistoryEvent) => void;
  readonly #timers: Timers;
  #count = 0;

  constructor(record: (event: HistoryEvent) => void, timers: Timers) {
    this.#record = record;
    this.#timers = timers;
  }

  /** Whether only the event that ends the execution still has a place. */
  get full(): boolean {
    return this.#count >= MOST_EVENTS - 1;
  }

  /** Records an event and returns its id. Throws States.Runtime when the history is full. */
  append(type: string, previousEventId: number, details: EventDetails = {}): number {
    if (this.full)
      throw new StateFailure('States.Runtime', `The execution reached the maximum number of history events (${MOST_EVENTS}).`);
    return this.end(type, previousEventId, details);
  }

  /** Records the event that ends the execution, for which there is always a place. */
  end(type: string, previousEventId: number, details: EventDetails = {}): number {
    const id = ++this.#count;
    this.#record({ id, previousEventId, timestamp: new Date(this.#timers.now()), type, ...details });
    return id;
  }
}

/** The error and cause of a failure as history events carry them: what is empty is left out. */
export function failureDetails({ error, cause }: { error: string; cause: string }): Record<string, string> {
  return { ...(error !== '' && { error }), ...(cause !== '' && { cause }) };
}
