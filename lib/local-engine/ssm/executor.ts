import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HostOptions } from '../host-options.ts';
import { type Command, type CommandStatus, type CommandStore, isTerminal } from './command-store.ts';
import { endLeftoverProcesses } from './leftover-processes.ts';
import { type RunningScript, runScript } from './run-script.ts';

export interface ExecutorOptions {
  host: HostOptions;
  hostEnvironment: Record<string, string>;
  logs: { append(group: string, stream: string, line: string, at: number): void };
  directory: string;
  now: () => number;
}

interface Job {
  command: Command;
  script: string;
  timeoutSeconds: number;
  variables: Record<string, string>;
  deliveryTimer: NodeJS.Timeout;
}

// The agent's default; what is sent beyond it stays Pending and may run into its delivery timeout.
const workers = 5;
const stdoutCharacters = 24_000;
const stderrCharacters = 8000;
// The agent's exit code for a script that it ended itself.
const endedByAgent = 137;
const longestTimer = 2 ** 31 - 1;

/** Carries commands out and keeps what comes of them in the store. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #store: CommandStore;
  readonly #waiting: Job[] = [];
  readonly #running = new Map<string, RunningScript>();
  /** Everything under way, whole: until no process of it is left. */
  readonly #work = new Set<Promise<void>>();
  readonly #endings = new Map<string, (() => void)[]>();

  constructor(options: ExecutorOptions, store: CommandStore) {
    this.#options = options;
    this.#store = store;
    for (const command of store.all()) if (!isTerminal(command.status)) this.#track(this.#abandon(command));
  }

  /** Starts a Pending command as soon as a worker is free. */
  submit(command: Command, script: string, timeoutSeconds: number, variables: Record<string, string>): void {
    const milliseconds = Math.min(command.deliverySeconds * 1000, longestTimer);
    const deliveryTimer = setTimeout(() => this.#withdraw(command, 'TimedOut', 'DeliveryTimedOut'), milliseconds);
    this.#waiting.push({ command, script, timeoutSeconds, variables, deliveryTimer });
    this.#startNext();
  }

  /** Ends a command; one that has ended already stays as it is. */
  cancel(command: Command): void {
    if (command.status === 'Pending') this.#withdraw(command, 'Cancelled', 'Cancelled');
    if (command.status !== 'InProgress') return;
    this.#change(command, 'Cancelling', 'Cancelling');
    this.#running.get(command.id)!.end();
  }

  /** Resolves when the command has ended, or when the time is over. */
  async ending(command: Command, milliseconds: number): Promise<void> {
    if (isTerminal(command.status)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const ended = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#endings.set(command.id, [...(this.#endings.get(command.id) ?? []), ended]);
    });
  }

  async idle(): Promise<void> {
    while (this.#waiting.length > 0 || this.#work.size > 0) await Promise.all(this.#work);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work)).catch(() => {}); // idle() tells
  }

  #startNext(): void {
    while (this.#running.size < workers && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      clearTimeout(job.deliveryTimer);
      this.#track(this.#carryOut(job));
    }
  }

  #withdraw(command: Command, status: CommandStatus, details: string): void {
    const index = this.#waiting.findIndex((job) => job.command === command);
    clearTimeout(this.#waiting.splice(index, 1)[0]!.deliveryTimer);
    this.#change(command, status, details);
  }

  async #carryOut({ command, script, timeoutSeconds, variables }: Job): Promise<void> {
    const folder = join(this.#options.directory, 'scripts', command.id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'script.sh'), script, { mode: 0o700 });
    command.startedAt = this.#options.now();
    this.#change(command, 'InProgress', 'InProgress');
    const running = runScript(join(folder, 'script.sh'), folder, this.#environment(command, variables), {
      line: (stream, line) => this.#log(command, stream, line),
      text: (stream, text) => {
        if (stream === 'stdout') command.stdout = (command.stdout + text).slice(0, stdoutCharacters);
        else command.stderr = (command.stderr + text).slice(0, stderrCharacters);
      },
    });
    this.#running.set(command.id, running);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = command.status === 'InProgress';
      running.end();
    }, timeoutSeconds * 1000);
    const code = await running.finished;
    clearTimeout(timer);
    // Whoever ended the command, or sees that it was ended, may rely on nothing of it being left.
    if (timedOut || command.status === 'Cancelling' || code === null) {
      running.end();
      await running.gone;
      await endLeftoverProcesses(command.id);
    }
    command.finishedAt = this.#options.now();
    if (timedOut) this.#change(command, 'TimedOut', 'ExecutionTimedOut', endedByAgent);
    else if (command.status === 'Cancelling') this.#change(command, 'Cancelled', 'Cancelled', endedByAgent);
    else if (code === 0) this.#change(command, 'Success', 'Success', 0);
    else this.#change(command, 'Failed', 'Failed', code ?? endedByAgent);
    this.#running.delete(command.id);
    this.#startNext();
    await running.gone;
    rmSync(folder, { recursive: true, force: true });
  }

  /** Ends what an engine that is gone began: to whoever asks, it was cancelled, and its processes are gone before it is said so. */
  async #abandon(command: Command): Promise<void> {
    if (command.status !== 'Pending') {
      this.#change(command, 'Cancelling', 'Cancelling');
      await endLeftoverProcesses(command.id);
      command.finishedAt = this.#options.now();
    }
    command.stderr ||= 'The engine ended while this command was under way.\n';
    this.#change(command, 'Cancelled', 'Cancelled', endedByAgent);
    rmSync(join(this.#options.directory, 'scripts', command.id), { recursive: true, force: true });
  }

  #change(command: Command, status: CommandStatus, details: string, responseCode = -1): void {
    Object.assign(command, { status, statusDetails: details, responseCode });
    this.#store.save(command);
    if (!isTerminal(status)) return;
    for (const ended of this.#endings.get(command.id) ?? []) ended();
    this.#endings.delete(command.id);
  }

  /** The whole environment of a command: nothing of the engine's own but PATH, HOME and TMPDIR, and nothing that could lead to the real AWS. */
  #environment(command: Command, variables: Record<string, string>): Record<string, string> {
    const { host, hostEnvironment } = this.#options;
    return {
      PATH: [...host.path, process.env.PATH || '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
      HOME: homedir(),
      LANG: 'C.UTF-8',
      ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
      ...host.environment,
      ...hostEnvironment,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...variables,
      SSM_COMMAND_ID: command.id,
    };
  }

  #log({ id, instanceId, log }: Command, stream: 'stdout' | 'stderr', line: string): void {
    if (log.enabled)
      this.#options.logs.append(log.group, `${id}/${instanceId}/aws-runShellScript/${stream}`, line, this.#options.now());
  }
}
