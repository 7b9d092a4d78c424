/** Where progress goes: stderr, and never stdout, which carries the answer. */
export interface Terminal {
  write(text: string): void;
  /** True when a person watches: then one live line is redrawn below the lines that stay. */
  isTTY: boolean;
  columns(): number;
}

const CLEAR_LINE = '\r\u001b[2K';

/** Lines that stay, and below them, on a terminal, one line that moves. */
export class Progress {
  readonly #terminal: Terminal | null;
  #live = '';

  /** Null: quiet. */
  constructor(terminal: Terminal | null) {
    this.#terminal = terminal;
  }

  get isLive(): boolean {
    return this.#terminal?.isTTY === true;
  }

  /** Writes a line that stays. */
  line(text: string): void {
    if (this.#terminal === null) return;
    this.#terminal.write(`${this.#clear()}${text}\n${this.#live}`);
  }

  /** Redraws the moving line, cut to the terminal's width; plain output has none. */
  live(text: string): void {
    if (this.#terminal === null || !this.isLive) return;
    const width = Math.max(20, this.#terminal.columns()) - 1;
    const clear = this.#clear();
    this.#live = [...text].slice(0, width).join('');
    this.#terminal.write(`${clear}${this.#live}`);
  }

  /** Removes the moving line; call before anything else is written to the same terminal. */
  end(): void {
    this.#terminal?.write(this.#clear());
    this.#live = '';
  }

  #clear(): string {
    return this.#live === '' ? '' : CLEAR_LINE;
  }
}
