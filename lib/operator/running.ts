import { GetExecutionHistoryCommand, paginateListExecutions } from '@aws-sdk/client-sfn';
import { isoSeconds } from '../../functions/contract/ids.ts';
import type { Connection } from './connection.ts';
import { type MachineName, machinesOf } from './machines.ts';
import { currentStep } from './steps.ts';

export interface RunningRow {
  workflow: MachineName;
  executionArn: string;
  step: string | null;
  startedAt: string;
}

/** The runs that go on right now, with the step each is at; oldest first. */
export async function readRunning(connection: Connection): Promise<RunningRow[]> {
  const machines = machinesOf(connection.stack);
  const rows = await Promise.all(machines.map(({ workflow, arn }) => runningOf(connection, workflow, arn)));
  return rows.flat().sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt));
}

async function runningOf(
  connection: Connection,
  workflow: RunningRow['workflow'],
  stateMachineArn: string,
): Promise<RunningRow[]> {
  const rows: RunningRow[] = [];
  const request = { stateMachineArn, statusFilter: 'RUNNING' as const };
  for await (const page of paginateListExecutions({ client: connection.states }, request)) {
    for (const { executionArn = '', startDate = new Date() } of page.executions ?? []) {
      rows.push({ workflow, executionArn, step: await stepOf(connection, executionArn), startedAt: isoSeconds(startDate) });
    }
  }
  return rows;
}

async function stepOf(connection: Connection, executionArn: string): Promise<string | null> {
  const newestFirst = await connection.states.send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 100, includeExecutionData: false }),
  );
  return currentStep(newestFirst.events ?? []);
}
