import { StateFailure } from './errors.ts';
import { EvaluationFailure, evaluate, type Scope } from './evaluate.ts';
import type { EventDetails, History } from './history.ts';
import type { HandsOn, State, StateGraph } from './machine.ts';
import type { Timers } from './timers.ts';

/** Step Functions' quota for the data of one state, in bytes of UTF-8 JSON. */
const MOST_BYTES = 262_144;

/** What the engine is asked to do for a Task. `signal` aborts when the answer is no longer wanted. */
export interface TaskCall {
  resource: string;
  arguments: unknown;
  context: Record<string, unknown>;
  stateName: string;
  signal: AbortSignal;
}

/** The part of the context object that the caller knows. */
export interface ExecutionContext {
  Execution: { Id: string; Input: unknown; Name: string; RoleArn: string; StartTime: string };
  StateMachine: { Id: string; Name: string };
}

/** What all threads of one execution share. */
export interface Execution {
  context: ExecutionContext;
  history: History;
  timers: Timers;
  /** Aborts when the execution as a whole is stopped or times out. */
  signal: AbortSignal;
  performTask(call: TaskCall): Promise<unknown>;
  runGraph(graph: StateGraph, input: unknown, thread: Thread): Promise<unknown>;
}

/** A line of states: the machine itself, a branch, or an iteration, with its own variables and its own chain of events. */
export interface Thread {
  execution: Execution;
  variables: Readonly<Record<string, unknown>>;
  lastEventId: number;
  signal: AbortSignal;
  mapItem?: { Index: number; Value: unknown };
}

/** What a state results in: its output, and the state that follows (undefined: the thread ends here). */
export interface Step {
  output: unknown;
  next: string | undefined;
}

type Extra = Pick<Scope['states'], 'result' | 'errorOutput'>;

/** One visit of a thread to a state, from its StateEntered event to its StateExited event. */
export class Visit {
  readonly thread: Thread;
  readonly name: string;
  readonly state: State;
  readonly input: unknown;
  retryCount = 0;
  readonly #enteredAt: string;
  readonly #enteredId: number;

  constructor(thread: Thread, name: string, state: State, input: unknown) {
    this.thread = thread;
    this.name = name;
    this.state = state;
    this.input = input;
    this.#enteredAt = new Date(thread.execution.timers.now()).toISOString();
    this.#enteredId = this.append(`${state.Type}StateEntered`, {
      stateEnteredEventDetails: { name, input: JSON.stringify(input) },
    });
  }

  /** The context object as this state sees it, `$states.context`. */
  get context(): Record<string, unknown> {
    const { execution, mapItem } = this.thread;
    const State = { Name: this.name, EnteredTime: this.#enteredAt, RetryCount: this.retryCount };
    return { ...execution.context, State, ...(mapItem && { Map: { Item: mapItem } }) };
  }

  /** Adds an event to this thread's chain and returns its id. */
  append(type: string, details: EventDetails = {}): number {
    const { thread } = this;
    thread.lastEventId = thread.execution.history.append(type, thread.lastEventId, details);
    return thread.lastEventId;
  }

  /** A failure that the interpreter itself raises: AWS says in its cause where that was, but not in the cause a task gave. */
  failure(error: string, message: string): StateFailure {
    const where = `An error occurred while executing the state '${this.name}' (entered at the event id #${this.#enteredId}).`;
    return new StateFailure(error, `${where} ${message}`);
  }

  /** Evaluates a template of this state. Throws States.QueryEvaluationError, after an EvaluationFailed event. */
  async evaluate(template: unknown, location: string, extra: Extra = {}, context = this.context): Promise<unknown> {
    try {
      return await evaluate(
        template,
        { variables: this.thread.variables, states: { input: this.input, context, ...extra } },
        location,
      );
    } catch (thrown) {
      if (!(thrown instanceof EvaluationFailure)) throw thrown;
      throw this.#evaluationFailed(thrown);
    }
  }

  /** Evaluates a template whose value must be of a kind, e.g. `a whole number from 0 to 99999999`. */
  async evaluateTo<T>(template: unknown, location: string, kind: string, isKind: (value: unknown) => value is T): Promise<T> {
    const value = await this.evaluate(template, location);
    if (isKind(value)) return value;
    const found = JSON.stringify(value).slice(0, 200);
    throw this.#evaluationFailed(new EvaluationFailure(location, `The field '${location}' must be ${kind}, but it is ${found}.`));
  }

  /** The JSON of data that passes in or out of this state. Throws States.DataLimitExceeded when it is too large. */
  jsonWithinLimit(value: unknown, what: string): string {
    const json = JSON.stringify(value);
    const bytes = Buffer.byteLength(json);
    if (bytes <= MOST_BYTES) return json;
    const message = `The ${what} of the state has ${bytes} bytes, which is more than the service limit of ${MOST_BYTES} bytes.`;
    throw this.failure('States.DataLimitExceeded', message);
  }

  /**
   * Ends the visit. Output and Assign both see the variables as they were on entry, and only the next state sees the new ones.
   * `location` is the path of what hands on when that is not the state itself, e.g. `Catch[0]/`.
   */
  async leave(
    { Output, Assign }: HandsOn,
    { fallback, next, location = '', extra }: { fallback: unknown; next: string | undefined; location?: string; extra?: Extra },
  ): Promise<Step> {
    const assigned = Assign && ((await this.evaluate(Assign, `${location}Assign`, extra)) as Record<string, unknown>);
    if (assigned) this.jsonWithinLimit(assigned, 'variables assigned by the end');
    const output = Output === undefined ? fallback : await this.evaluate(Output, `${location}Output`, extra);
    const json = this.jsonWithinLimit(output, 'output');
    this.append(`${this.state.Type}StateExited`, {
      stateExitedEventDetails: { name: this.name, output: json, ...(assigned && { assignedVariables: asJsonStrings(assigned) }) },
    });
    this.thread.variables = { ...this.thread.variables, ...assigned };
    return { output, next };
  }

  #evaluationFailed({ message, location }: EvaluationFailure): StateFailure {
    const failure = this.failure('States.QueryEvaluationError', message);
    const { error, cause } = failure;
    this.append('EvaluationFailed', { evaluationFailedEventDetails: { error, cause, location, state: this.name } });
    return failure;
  }
}

function asJsonStrings(variables: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, JSON.stringify(value)]));
}

/** For `evaluateTo`: a whole number within bounds, together with the words that say so. */
export function wholeNumber(min: number, max = 99_999_999): [kind: string, isKind: (value: unknown) => value is number] {
  const isKind = (value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return [`a whole number from ${min} to ${max}`, isKind];
}
