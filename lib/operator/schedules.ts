import { GetScheduleCommand, paginateListSchedules } from '@aws-sdk/client-scheduler';
import { isoSeconds } from '../../functions/contract/ids.ts';
import type { Connection } from './connection.ts';
import { nextTime } from './next-time.ts';
import { inParallel } from './parallel.ts';

export interface ScheduleRow {
  name: string;
  expression: string;
  timeZone: string;
  /** Null: disabled, or never due again. */
  nextAt: string | null;
}

/** The suite's schedules by name, with the moment each is due next. */
export async function readSchedules({ scheduler, stack }: Connection): Promise<ScheduleRow[]> {
  const group = { GroupName: stack.scheduleGroup };
  const names: string[] = [];
  for await (const page of paginateListSchedules({ client: scheduler }, group)) {
    names.push(...(page.Schedules ?? []).flatMap((schedule) => schedule.Name ?? []));
  }
  return inParallel(8, names.sort(), async (name) => {
    const schedule = await scheduler.send(new GetScheduleCommand({ ...group, Name: name }));
    const expression = schedule.ScheduleExpression ?? '';
    const timeZone = schedule.ScheduleExpressionTimezone ?? 'UTC';
    const now = new Date();
    const next = schedule.State === 'DISABLED' ? null : nextTime(expression, timeZone, schedule.CreationDate ?? new Date(0), now);
    return { name, expression, timeZone, nextAt: next && isoSeconds(next) };
  });
}
