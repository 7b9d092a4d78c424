import type { HistoryEvent } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { machineName } from '../../functions/contract/names.ts';

/** What the newest events of an execution mean for somebody who watches it. */
export type StepChange = { at: Date } & (
  | { kind: 'entered'; step: string }
  /** `ok` is false when the step failed and something caught that. */
  | { kind: 'left'; step: string; seconds: number; ok: boolean }
  | { kind: 'child'; executionArn: string }
  | { kind: 'ended'; ok: boolean; error: string | null; cause: string | null }
);

/** States that do work. Pass, Choice and the like come and go within a moment and would only hide the others. */
const WORKING_STATES = ['TaskState', 'MapState', 'ParallelState', 'WaitState'];

const childRequest = z.looseObject({ StateMachineArn: z.string(), Name: z.string() });

/** Follows one execution's history: hand it every event once, in order. */
export class Steps {
  readonly #open = new Map<string, Date[]>();
  readonly #failures = new Set<number>();
  lastEventId = 0;

  /** The changes that new events bring; events seen before are left out. */
  take(events: readonly HistoryEvent[]): StepChange[] {
    const fresh = events.filter((event) => (event.id ?? 0) > this.lastEventId);
    return fresh.flatMap((event) => {
      this.lastEventId = event.id ?? this.lastEventId;
      return this.#change(event);
    });
  }

  #change(event: HistoryEvent): StepChange[] {
    const type = event.type ?? '';
    const at = event.timestamp ?? new Date();
    if (/(Failed|TimedOut)$/.test(type)) this.#failures.add(event.id ?? 0);
    if (WORKING_STATES.some((state) => type === `${state}Entered`)) {
      const step = event.stateEnteredEventDetails?.name ?? '';
      this.#open.set(step, [...(this.#open.get(step) ?? []), at]);
      return [{ at, kind: 'entered', step }];
    }
    if (WORKING_STATES.some((state) => type === `${state}Exited`)) {
      const step = event.stateExitedEventDetails?.name ?? '';
      // Iterations of a Map enter the same state several times; which one leaves is not said, so the eldest does.
      const [since = at, ...rest] = this.#open.get(step) ?? [];
      this.#open.set(step, rest);
      const ok = !this.#failures.has(event.previousEventId ?? 0);
      return [{ at, kind: 'left', step, seconds: (at.getTime() - since.getTime()) / 1000, ok }];
    }
    if (type === 'TaskScheduled' && event.taskScheduledEventDetails?.resource?.startsWith('startExecution')) {
      const executionArn = childOf(event.taskScheduledEventDetails.parameters);
      return executionArn === undefined ? [] : [{ at, kind: 'child', executionArn }];
    }
    return endOf(event, at);
  }
}

/** The step an execution is at, from its history with the newest event first; null before its first working state. */
export function currentStep(newestFirst: readonly HistoryEvent[]): string | null {
  const entered = newestFirst.find((event) => WORKING_STATES.some((state) => event.type === `${state}Entered`));
  return entered?.stateEnteredEventDetails?.name ?? null;
}

/**
 * What to call a child execution. A command on the host has its work in its name, between the ids of point and proof and the count of
 * attempts: `20261123T020000Z-capture-database-x-1-k3f9` is `capture-database-x`. Any other is called as its machine.
 */
export function childLabel(executionArn: string, suite: string, isHostCommand: boolean): string {
  const [machine = '', name = ''] = executionArn.split(':').slice(-2);
  if (!isHostCommand) return machine.replace(machineName(suite, ''), '');
  return name
    .replace(/^\d{8}T\d{6}Z-([0-9a-f]{6}-)?/, '')
    .replace(/-\d+-[A-Za-z0-9]+$/, '')
    .replace(/-manual-\d{8}T\d{6}Z-[0-9a-f]{6}$/, '');
}

/** The ARN of the machine that an execution belongs to. */
export function machineOf(executionArn: string): string {
  return executionArn.split(':').slice(0, -1).join(':').replace(':execution:', ':stateMachine:');
}

/** The ARN of a child that a task asks for by name, as all of ours do; the child itself may not exist yet. */
function childOf(parameters: string | undefined): string | undefined {
  try {
    const { StateMachineArn, Name } = childRequest.parse(JSON.parse(parameters ?? 'null'));
    return `${StateMachineArn.replace(':stateMachine:', ':execution:')}:${Name}`;
  } catch {
    return undefined;
  }
}

function endOf(event: HistoryEvent, at: Date): StepChange[] {
  const details = event.executionFailedEventDetails ?? event.executionAbortedEventDetails ?? event.executionTimedOutEventDetails;
  switch (event.type) {
    case 'ExecutionSucceeded':
      return [{ at, kind: 'ended', ok: true, error: null, cause: null }];
    case 'ExecutionFailed':
      return [{ at, kind: 'ended', ok: false, error: details?.error ?? 'Failed', cause: details?.cause ?? null }];
    case 'ExecutionAborted':
      return [{ at, kind: 'ended', ok: false, error: details?.error ?? 'Aborted', cause: details?.cause ?? null }];
    case 'ExecutionTimedOut':
      return [{ at, kind: 'ended', ok: false, error: 'WorkflowTimedOut', cause: details?.cause ?? null }];
    default:
      return [];
  }
}
