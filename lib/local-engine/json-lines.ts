import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * An append-only file of JSON documents, one a line. Each line is handed to the operating system before `append` returns, so it
 * outlives the process; a last line that a power cut left half written is dropped when the file is opened or read.
 */
export class JsonLines {
  readonly #descriptor: number;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    dropHalfLine(file);
    this.#descriptor = openSync(file, 'a', 0o600);
  }

  append(document: unknown): void {
    writeSync(this.#descriptor, `${JSON.stringify(document)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The documents of a file in the order they were written; none when there is no such file. */
export function readJsonLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

function dropHalfLine(file: string): void {
  if (!existsSync(file)) return;
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(file, end);
}
