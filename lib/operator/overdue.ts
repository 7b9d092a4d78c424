import { isoSeconds } from '../../functions/contract/ids.ts';
import { nextTime } from './next-time.ts';
import type { ScheduleRow } from './schedules.ts';

/** The first scheduled time since the newest proven point that should have brought a newer one by now. */
export interface Overdue {
  schedule: string;
  dueAt: string;
}

/** Captures and proofs of a large suite may take so long. */
const GRACE_HOURS = 6;

/** Null: nothing is late, or nothing is scheduled. */
export function overdueOf(schedules: readonly ScheduleRow[], newestProvenAt: string, now: Date): Overdue | null {
  const since = new Date(newestProvenAt);
  const dues = schedules.flatMap(({ name, expression, timeZone, nextAt }) => {
    // A rate counts from the schedule's creation: at the latest one period after the point.
    const due = nextAt === null ? null : nextTime(expression, timeZone, since, since);
    return due === null ? [] : [{ name, due }];
  });
  const [first] = dues.sort((one, other) => one.due.getTime() - other.due.getTime());
  if (first === undefined || first.due.getTime() + GRACE_HOURS * 3_600_000 > now.getTime()) return null;
  return { schedule: first.name, dueAt: isoSeconds(first.due) };
}
