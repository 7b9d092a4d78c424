import { checkMachine } from './check.ts';

/** The states that one scope of the machine consists of: the machine itself, a branch, or the processor of a Map. */
export interface StateGraph {
  StartAt: string;
  States: Record<string, State>;
}

/** What a state, a choice rule or a catcher hands on: its output and the variables that it sets. */
export interface HandsOn {
  Output?: unknown;
  Assign?: Record<string, unknown>;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'NONE' | 'FULL';
}

export interface Catcher extends HandsOn {
  ErrorEquals: string[];
  Next: string;
}

export interface ChoiceRule extends HandsOn {
  Condition: boolean | string;
  Next: string;
}

interface Continues extends HandsOn {
  Next?: string;
  End?: true;
}

interface Recovers extends Continues {
  Retry?: Retrier[];
  Catch?: Catcher[];
}

export interface TaskState extends Recovers {
  Type: 'Task';
  Resource: string;
  Arguments?: unknown;
  TimeoutSeconds?: number | string;
}

export interface MapState extends Recovers {
  Type: 'Map';
  Items?: unknown;
  ItemSelector?: unknown;
  ItemProcessor: StateGraph;
  MaxConcurrency?: number | string;
}

export interface ParallelState extends Recovers {
  Type: 'Parallel';
  Arguments?: unknown;
  Branches: StateGraph[];
}

export interface ChoiceState extends HandsOn {
  Type: 'Choice';
  Choices: ChoiceRule[];
  Default?: string;
}

export interface WaitState extends Continues {
  Type: 'Wait';
  Seconds?: number | string;
  Timestamp?: string;
}

export interface PassState extends Continues {
  Type: 'Pass';
}

export interface SucceedState {
  Type: 'Succeed';
  Output?: unknown;
}

export interface FailState {
  Type: 'Fail';
  Error?: string;
  Cause?: string;
}

export type State = TaskState | MapState | ParallelState | ChoiceState | WaitState | PassState | SucceedState | FailState;

/** A machine that was checked: every field is known, every transition leads somewhere, every expression parses. */
export interface Machine extends StateGraph {
  readonly name: string;
  readonly TimeoutSeconds?: number;
}

/** One thing that is wrong with a definition, at a path such as `/States/Reserve/Retry[0]/BackoffRate`. */
export interface Problem {
  path: string;
  message: string;
}

/** The definition cannot be carried out faithfully. Lists every problem at once. */
export class MachineInvalid extends Error {
  readonly problems: readonly Problem[];

  constructor(name: string, problems: readonly Problem[]) {
    super(`The state machine ${name} is invalid:\n${problems.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`);
    this.name = 'MachineInvalid';
    this.problems = problems;
  }
}

/** Checks a definition (the parsed JSON of a JSONata machine) and types it. Throws MachineInvalid with all problems. */
export function parseMachine(definition: unknown, name: string): Machine {
  const problems: Problem[] = [];
  checkMachine(definition, (path, message) => problems.push({ path, message }));
  if (problems.length > 0) throw new MachineInvalid(name, problems);
  return { ...structuredClone(definition as Omit<Machine, 'name'>), name };
}

/** Every Task of the machine, those inside Map and Parallel states too, so that an engine can refuse a resource it does not know. */
export function machineTasks(machine: StateGraph): { stateName: string; resource: string }[] {
  return Object.entries(machine.States).flatMap(([stateName, state]) => {
    if (state.Type === 'Task') return [{ stateName, resource: state.Resource }];
    if (state.Type === 'Map') return machineTasks(state.ItemProcessor);
    if (state.Type === 'Parallel') return state.Branches.flatMap(machineTasks);
    return [];
  });
}
