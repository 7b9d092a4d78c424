import { arn, type Place } from '../assembly/place.ts';
import { hexOf } from '../assembly/resource-types.ts';
import type { ExecutionDetail } from './execution-store.ts';

/** An event as rules see it. */
export interface PlatformEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/**
 * The event that Step Functions sends when the status of an execution changes. Its id follows from execution and status, so that an
 * event which is delivered again after a crash can be recognised.
 */
export function statusChangeEvent(place: Place, execution: ExecutionDetail): PlatformEvent {
  const executionArn = executionArnOf(place, execution);
  return {
    version: '0',
    id: hexOf(`${executionArn} ${execution.startDate} ${execution.status}`, 32).replace(
      /^(.{8})(.{4})(.{4})(.{4})/,
      '$1-$2-$3-$4-',
    ),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: place.account,
    time: `${new Date(execution.stopDate ?? execution.startDate).toISOString().slice(0, 19)}Z`,
    region: place.region,
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: machineArnOf(place, execution.machine),
      name: execution.name,
      status: execution.status,
      startDate: execution.startDate,
      stopDate: execution.stopDate ?? null,
      input: execution.input,
      output: execution.output ?? null,
      inputDetails: { included: true },
      outputDetails: execution.output === undefined ? null : { included: true },
      error: execution.error ?? null,
      cause: execution.cause ?? null,
    },
  };
}

export function executionArnOf(place: Place, { machine, name }: { machine: string; name: string }): string {
  return arn(place, 'states', `execution:${machine}:${name}`);
}

export function machineArnOf(place: Place, machine: string): string {
  return arn(place, 'states', `stateMachine:${machine}`);
}
