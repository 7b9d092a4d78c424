import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '../json-lines.ts';

/** One line of a log: `at` in milliseconds since 1970, `stream` where it was written. */
export interface LogLine {
  at: number;
  message: string;
}

/**
 * Log groups as folders and log streams as files of JSON lines (`{"at":…,"message":…}`) under one directory. Groups named by the
 * assembly exist from the start; a writer's first line makes any other, as AWS does for functions without a group of their own.
 */
export class LogFiles {
  readonly #directory: string;
  readonly #made = new Set<string>();

  constructor(directory: string, groups: string[]) {
    this.#directory = directory;
    for (const group of groups) this.#make(group);
  }

  /** Appends one event. `at` is in milliseconds and defaults to now. */
  append(group: string, stream: string, message: string, at: number = Date.now()): void {
    if (!this.#made.has(group)) this.#make(group);
    appendFileSync(this.#streamFile(group, stream), `${JSON.stringify({ at, message } satisfies LogLine)}\n`, { mode: 0o600 });
  }

  has(group: string): boolean {
    return this.#made.has(group) || existsSync(this.#groupFolder(group));
  }

  groups(): string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).map(decodeURIComponent).sort();
  }

  /**
   * The streams of a group that were written to at `since` (milliseconds since 1970) or later, or undefined when there is no such group.
   * Years of runs lie in one group, and who follows a run asks every second: a file that is older is not even opened.
   */
  streams(group: string, since = 0): string[] | undefined {
    const folder = this.#groupFolder(group);
    if (!existsSync(folder)) return undefined;
    return readdirSync(folder)
      .filter((file) => since === 0 || statSync(join(folder, file)).mtimeMs >= since)
      .map((file) => decodeURIComponent(file.slice(0, -'.jsonl'.length)))
      .sort();
  }

  /** The lines of a stream in the order they were written. */
  read(group: string, stream: string): LogLine[] {
    return readJsonLines<LogLine>(this.#streamFile(group, stream));
  }

  #make(group: string): void {
    mkdirSync(this.#groupFolder(group), { recursive: true });
    this.#made.add(group);
  }

  #groupFolder(group: string): string {
    return join(this.#directory, encodeURIComponent(group));
  }

  #streamFile(group: string, stream: string): string {
    return join(this.#groupFolder(group), `${encodeURIComponent(stream)}.jsonl`);
  }
}
