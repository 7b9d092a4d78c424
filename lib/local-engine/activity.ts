/**
 * Counts what is open (executions, event targets, commands, background invocations), so that one can wait until
 * everything that was started, and everything that this started in turn, has come to rest.
 */
export class Activity {
  #open = 0;
  #waiting: (() => void)[] = [];

  /** Marks something as open until the returned function is called (a second call does nothing). */
  begin(): () => void {
    this.#open += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#open -= 1;
      if (this.#open > 0) return;
      for (const resume of this.#waiting.splice(0)) resume();
    };
  }

  /** Keeps this activity open while the work runs, and gives its result. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Resolves when nothing is open; at once when nothing is. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
