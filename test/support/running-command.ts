import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Documents, Verb } from './contract.ts';
import { PROJECT } from './host-folders.ts';
import { until } from './until.ts';

export interface Result<Document> {
  /** Null when a signal ended the command. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** @throws Error when stdout was not exactly one JSON document and a newline */
  readonly json: Document;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** The operator's command as an outsider starts it: another process with a group of its own. */
export class RunningCommand<V extends Verb> {
  readonly pid: number;
  /** Lines of stderr so far. */
  readonly lines: string[] = [];
  /** Milliseconds from the start to each of these lines. */
  readonly times: number[] = [];
  readonly done: Promise<Result<Documents[V]>>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(words: readonly string[], environment: Record<string, string>, project = PROJECT) {
    const began = performance.now();
    const options = { cwd: project, env: environment, detached: true } as const;
    this.#child = spawn(process.execPath, [join(project, 'bin/suite-backup.mjs'), ...words], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.#child.pid!;
    let last = '';
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (last + chunk).split('\n');
      last = lines.pop()!;
      this.lines.push(...lines);
      for (const _ of lines) this.times.push(performance.now() - began);
    });
    const stdout = text(this.#child.stdout);
    this.done = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', async (exitCode, signal) => {
        const seconds = (performance.now() - began) / 1000;
        resolve(result(words, { exitCode, signal, stdout: await stdout, stderr: [...this.lines, last].join('\n'), seconds }));
      });
    });
  }

  /** The first line of stderr, so far or to come, that matches. @throws Error after the deadline (milliseconds), or when the command ends without it */
  async waitForLine(pattern: RegExp, deadline = 120_000): Promise<string> {
    const found = () => this.lines.find((line) => pattern.test(line));
    const line = await until(
      () => found() ?? (this.#ended ? null : false),
      deadline,
      `the command says ${pattern}; it said:\n${this.lines.join('\n')}`,
    );
    if (line === null) throw new Error(`The command ended without saying ${pattern}; it said:\n${this.lines.join('\n')}`);
    return line;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** To the command and every process that has not left its group. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

function result<Document>(words: readonly string[], facts: Omit<Result<Document>, 'json'>): Result<Document> {
  return {
    ...facts,
    get json() {
      const { stdout, stderr, exitCode } = facts;
      try {
        if (!/^[^\n].*\n$/s.test(stdout)) throw new Error('not a document and a newline');
        return JSON.parse(stdout) as Document;
      } catch (error) {
        throw new Error(
          `suite-backup ${words.join(' ')} ended with ${exitCode} and wrote no JSON document:\n${stdout}\n${stderr}`,
          { cause: error },
        );
      }
    },
  };
}
