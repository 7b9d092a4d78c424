import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LogWriter } from '../policies/role-logs.ts';
import type { FunctionSpec } from './function-spec.ts';

/** How a function answers: a JSON text, or an error as AWS names it. */
export type Outcome = { result: string } | { error: FunctionError };

/** What a failed invocation carries as its payload. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

interface Message {
  ready?: true;
  initError?: FunctionError;
  requestId?: string;
  result?: string;
  error?: FunctionError;
}

const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));

// AWS gives the loading of a function 10 s before it starts over; a laptop that is busy with other work needs longer.
const initSeconds = 30;

/**
 * One child process that runs one function, one invocation at a time. It lives in its own environment (its role's credentials, nothing
 * of the caller's), and ends by itself when the engine ends, because the channel between them closes.
 */
export class Sandbox {
  readonly #spec: FunctionSpec;
  readonly #child: ChildProcess;
  readonly #logs: LogWriter;
  readonly #stream: string;
  readonly #ready: Promise<FunctionError | undefined>;
  readonly closed: Promise<void>;
  #answered: ((outcome: Outcome) => void) | undefined;
  #requestId = '';
  #alive = true;

  constructor(spec: FunctionSpec, callerEnvironment: Record<string, string>, logs: LogWriter) {
    this.#spec = spec;
    this.#logs = logs;
    this.#stream = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
    this.#child = spawn(process.execPath, [`--max-old-space-size=${spec.memoryMegabytes}`, bootstrap], {
      cwd: spec.folder,
      env: this.#environment(callerEnvironment),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const output of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: output }).on('line', (line) => this.#log(line));
    }
    this.#ready = this.#initialised();
    this.closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.#child.on('message', (message: Message) => {
      if (message.requestId === this.#requestId)
        this.#answer(message.error ? { error: message.error } : { result: message.result! });
    });
    this.#child.on('error', (error) => this.#ended(`could not be started: ${error.message}`));
    this.#child.once('exit', (code, signal) => this.#ended(signal === null ? `exit status ${code}` : `signal: ${signal}`));
  }

  /** Whether it can take another invocation. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Runs one invocation. After a timeout or a crash the sandbox is no longer alive. */
  async invoke(requestId: string, payload: string): Promise<Outcome> {
    const initError = await this.#ready;
    if (initError !== undefined) return { error: initError };
    const started = Date.now();
    const milliseconds = this.#spec.timeoutSeconds * 1000;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#requestId = requestId;
      const timer = setTimeout(() => this.#timedOut(), milliseconds);
      this.#answered = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      if (!this.#alive) return this.#ended('exit status unknown');
      this.#child.send({ requestId, payload, deadline: started + milliseconds, functionArn: this.#spec.arn });
    });
    this.#log(`REPORT RequestId: ${requestId} Duration: ${Date.now() - started} ms`);
    return outcome;
  }

  /** Ends the process at once and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#alive = false;
    this.#child.kill('SIGKILL');
    await this.closed;
  }

  #timedOut(): void {
    const errorMessage = `RequestId: ${this.#requestId} Error: Task timed out after ${this.#spec.timeoutSeconds.toFixed(2)} seconds`;
    this.#log(errorMessage);
    this.#alive = false;
    this.#child.kill('SIGKILL');
    this.#answer({ error: { errorType: 'Sandbox.Timedout', errorMessage } });
  }

  #ended(how: string): void {
    this.#alive = false;
    const errorMessage = `RequestId: ${this.#requestId} Error: Runtime exited with error: ${how}`;
    this.#answer({ error: { errorType: 'Runtime.ExitError', errorMessage } });
  }

  #answer(outcome: Outcome): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(outcome);
  }

  #initialised(): Promise<FunctionError | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#alive = false;
        this.#child.kill('SIGKILL');
        resolve({ errorType: 'Sandbox.Timedout', errorMessage: `Error: Init timed out after ${initSeconds}.00 seconds` });
      }, initSeconds * 1000);
      const settle = (error: FunctionError | undefined): void => {
        clearTimeout(timer);
        if (error !== undefined) this.#alive = false;
        resolve(error);
      };
      this.#child.once('message', (message: Message) => settle(message.initError));
      this.#child.once('error', (error) => settle({ errorType: 'Runtime.ExitError', errorMessage: `Error: ${error.message}` }));
      this.#child.once('exit', (code, signal) =>
        settle({
          errorType: 'Runtime.ExitError',
          errorMessage: `Error: Runtime exited with error: ${signal ?? `exit status ${code}`}`,
        }),
      );
    });
  }

  #environment(callerEnvironment: Record<string, string>): Record<string, string> {
    const { PATH = '', TMPDIR } = process.env;
    return {
      PATH,
      ...(TMPDIR === undefined ? {} : { TMPDIR }),
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      LAMBDA_TASK_ROOT: this.#spec.folder,
      _HANDLER: this.#spec.handler,
      AWS_LAMBDA_FUNCTION_NAME: this.#spec.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(this.#spec.memoryMegabytes),
      AWS_LAMBDA_LOG_GROUP_NAME: this.#spec.logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: this.#stream,
      ...this.#spec.environment,
      ...callerEnvironment,
    };
  }

  #log(line: string): void {
    this.#logs.append(this.#spec.logGroup, this.#stream, line);
  }
}
