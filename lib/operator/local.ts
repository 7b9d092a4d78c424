import { paginateListExecutions, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { machinesOf } from './machines.ts';
import { OperatorError } from './operator-error.ts';
import { readSchedules, type ScheduleRow } from './schedules.ts';
import type { Verb, Work } from './verb.ts';

export interface LocalFields {
  schedules: ScheduleRow[];
}

/** Keeps the embedded engine running with its schedules until somebody interrupts it, then stops what it started. */
export const local: Verb<LocalFields> = {
  empty: { schedules: [] },

  async run(work, _request, keep) {
    if (work.runSchedules === null) throw new OperatorError('UsageInvalid', 'The verb local needs the embedded engine.');
    const schedules = await readSchedules(work.connection);
    keep({ schedules });
    work.progress.line(`the engine of ${work.connection.stack.suite} runs; Ctrl+C stops it`);
    for (const { name, nextAt } of schedules) work.progress.line(`  ${name}  next ${nextAt ?? 'never'}`);
    await work.runSchedules(work.signal);
    await stopRuns(work);
    return { fields: { schedules }, error: new OperatorError('Interrupted', 'The engine was stopped.') };
  },

  text: () => '',
};

async function stopRuns(work: Work): Promise<void> {
  const { states, stack } = work.connection;
  for (const { arn: stateMachineArn } of machinesOf(stack)) {
    for await (const page of paginateListExecutions({ client: states }, { stateMachineArn, statusFilter: 'RUNNING' })) {
      for (const { executionArn } of page.executions ?? []) {
        if (executionArn === undefined) continue;
        work.progress.line(`  stopping ${executionArn}`);
        await states.send(
          new StopExecutionCommand({ executionArn, error: 'Interrupted', cause: 'The local engine was stopped.' }),
        );
        await work.settled(executionArn);
      }
    }
  }
}
