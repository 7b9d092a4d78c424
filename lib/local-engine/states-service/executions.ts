import { randomUUID } from 'node:crypto';
import type { Activity } from '../activity.ts';
import type { Place } from '../assembly/place.ts';
import { ServiceError } from '../service-error.ts';
import { TaskFailure } from '../states/errors.ts';
import type { Machine } from '../states/machine.ts';
import { run } from '../states/run.ts';
import type { TaskCall } from '../states/visit.ts';
import type { ExecutionDetail, ExecutionEnd, ExecutionRecord, ExecutionStore, ExecutionSummary } from './execution-store.ts';
import { executionArnOf, machineArnOf, type PlatformEvent, statusChangeEvent } from './status-event.ts';

/** A machine of the assembly, parsed. */
export interface LoadedMachine {
  name: string;
  arn: string;
  roleArn: string;
  /** The definition as JSON text. */
  definition: string;
  machine: Machine;
}

interface Running {
  summary: ExecutionSummary;
  input: string;
  stop: AbortController;
  ended: Promise<ExecutionDetail>;
}

/** AWS's limit for the input, the output and every state in between, in bytes. */
const dataLimitBytes = 262_144;

/** Starts, stops and remembers executions, and tells of every change of their status. */
export class Executions {
  readonly store: ExecutionStore;
  readonly #place: Place;
  readonly #machines: Map<string, LoadedMachine>;
  readonly #performTask: (call: TaskCall) => Promise<unknown>;
  readonly #deliver: (event: PlatformEvent) => Promise<void>;
  readonly #activity: Activity;
  readonly #running = new Map<string, Running>();
  #refusal: string | undefined;

  constructor(options: {
    place: Place;
    machines: LoadedMachine[];
    store: ExecutionStore;
    performTask: (call: TaskCall) => Promise<unknown>;
    /** Hands an event to the rules; resolves when every target has taken it. */
    deliver: (event: PlatformEvent) => Promise<void>;
    activity: Activity;
  }) {
    this.#place = options.place;
    this.#machines = new Map(options.machines.map((machine) => [machine.name, machine]));
    this.store = options.store;
    this.#performTask = options.performTask;
    this.#deliver = options.deliver;
    this.#activity = options.activity;
  }

  machines(): LoadedMachine[] {
    return [...this.#machines.values()];
  }

  /** The machine of an ARN. @throws ServiceError InvalidArn, StateMachineDoesNotExist */
  machine(machineArn: string): LoadedMachine {
    const [, name] = /^arn:[^:]*:states:[^:]*:[^:]*:stateMachine:([^:]+)$/.exec(machineArn) ?? [];
    if (name === undefined) throw new ServiceError('InvalidArn', `Invalid Arn: '${machineArn}'`);
    const machine = this.#machines.get(name);
    if (machine === undefined)
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`);
    return machine;
  }

  /**
   * Starts an execution. The same name with the same input is the same execution while it runs.
   * @throws ServiceError InvalidName, InvalidExecutionInput, ExecutionAlreadyExists, …
   */
  start(machineArn: string, input = '{}', name: string = randomUUID()): ExecutionSummary {
    const loaded = this.machine(machineArn);
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
    const parsed = parseInput(input);
    if (this.#refusal !== undefined) throw new ServiceError('ServiceUnavailable', this.#refusal, 400);
    const known = this.store.find(loaded.name, name);
    if (known !== undefined) {
      const running = this.#running.get(`${loaded.name}/${name}`);
      if (running?.input === input) return running.summary;
      throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArnOf(this.#place, known)}'`);
    }

    const record = this.store.begin(loaded.name, name, input);
    const summary = this.store.find(loaded.name, name)!;
    const stop = new AbortController();
    const done = this.#activity.begin();
    // The announcement is started before this execution counts as closed, so that what it starts is never overlooked.
    const ended = this.#run(loaded, summary, parsed, record, stop.signal).finally(done);
    this.#running.set(`${loaded.name}/${name}`, { summary, input, stop, ended });
    this.#announce(this.store.detail(summary));
    return summary;
  }

  /** Stops a running execution; one that has ended stays as it is. Resolves when it has ended. */
  async stop(executionArn: string, error = '', cause = ''): Promise<ExecutionDetail> {
    const summary = this.find(executionArn);
    this.#running.get(`${summary.machine}/${summary.name}`)?.stop.abort(new TaskFailure(error, cause));
    return this.ended(executionArn);
  }

  /** The execution of an ARN. @throws ServiceError InvalidArn, ExecutionDoesNotExist */
  find(executionArn: string): ExecutionSummary {
    const [, machine, name] = /^arn:[^:]*:states:[^:]*:[^:]*:execution:([^:]+):([^:]+)$/.exec(executionArn) ?? [];
    if (machine === undefined || name === undefined) throw new ServiceError('InvalidArn', `Invalid Arn: '${executionArn}'`);
    const summary = this.store.find(machine, name);
    if (summary === undefined) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
    return summary;
  }

  /** Waits until an execution has ended. */
  ended(executionArn: string): Promise<ExecutionDetail> {
    const summary = this.find(executionArn);
    return this.#running.get(`${summary.machine}/${summary.name}`)?.ended ?? Promise.resolve(this.store.detail(summary));
  }

  /** Marks what an engine that is gone left open as ABORTED, and tells of every end that may not have been told. */
  recover(): void {
    for (const summary of this.store.open()) {
      const end = { status: 'ABORTED', error: 'EngineStopped', cause: 'The engine ended before this execution did.' } as const;
      const last = this.store.history(summary).at(-1)?.id ?? 0;
      const record = this.store.resume(summary);
      const executionAbortedEventDetails = { error: end.error, cause: end.cause };
      record.event({
        type: 'ExecutionAborted',
        id: last + 1,
        previousEventId: last,
        timestamp: Date.now(),
        executionAbortedEventDetails,
      });
      this.store.end(summary, record, end);
    }
    for (const summary of this.store.unannounced()) this.#announce(this.store.detail(summary));
  }

  /** From now on no execution is started, for the reason given. */
  refuse(reason: string): void {
    this.#refusal = reason;
  }

  /** Stops every running execution and waits for the ends. */
  async stopAll(error: string, cause: string): Promise<void> {
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort(new TaskFailure(error, cause));
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #run(
    loaded: LoadedMachine,
    summary: ExecutionSummary,
    parsed: unknown,
    record: ExecutionRecord,
    signal: AbortSignal,
  ): Promise<ExecutionDetail> {
    const end = await this.#carryOut(loaded, summary, parsed, record, signal);
    const detail = this.store.end(summary, record, end);
    this.#running.delete(`${summary.machine}/${summary.name}`);
    this.#announce(detail);
    return detail;
  }

  async #carryOut(
    loaded: LoadedMachine,
    summary: ExecutionSummary,
    parsed: unknown,
    record: ExecutionRecord,
    signal: AbortSignal,
  ): Promise<ExecutionEnd> {
    const context = {
      Execution: {
        Id: executionArnOf(this.#place, summary),
        Input: parsed,
        Name: summary.name,
        RoleArn: loaded.roleArn,
        StartTime: new Date(summary.startDate).toISOString(),
      },
      StateMachine: { Id: machineArnOf(this.#place, loaded.name), Name: loaded.name },
    };
    const outcome = await run({
      machine: loaded.machine,
      input: parsed,
      context,
      performTask: this.#performTask,
      record: (event) => record.event({ ...event, timestamp: event.timestamp.getTime() }),
      signal,
    });
    if (outcome.status === 'SUCCEEDED') return { status: outcome.status, output: JSON.stringify(outcome.output) };
    return { status: outcome.status, error: outcome.error, cause: outcome.cause };
  }

  #announce(detail: ExecutionDetail): void {
    // A closing engine starts nothing more; the next start tells of this end.
    if (this.#refusal !== undefined) return;
    void this.#activity.during(async () => {
      await this.#deliver(statusChangeEvent(this.#place, detail));
      if (detail.status !== 'RUNNING' && this.#refusal === undefined) this.store.announced(detail);
    });
  }
}

function parseInput(input: string): unknown {
  if (Buffer.byteLength(input) > dataLimitBytes) {
    throw new ServiceError('InvalidExecutionInput', `The input is larger than ${dataLimitBytes} bytes`);
  }
  try {
    return JSON.parse(input);
  } catch (error) {
    throw new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: ${(error as Error).message}`);
  }
}
