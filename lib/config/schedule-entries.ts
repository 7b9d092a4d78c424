import { Cron } from 'croner';
import type { Tier } from '../../functions/contract/tiers.ts';
import type { ScheduleEntry } from './suite-config.ts';
import type { SuiteDeclaration } from './suite-schema.ts';

const TIER_OF: Record<keyof SuiteDeclaration['schedules'], Tier> = {
  daily: 'daily',
  full: 'weekly',
  weekly: 'weekly',
  monthly: 'monthly',
  yearly: 'yearly',
};
export const SCHEDULE_NAMES = Object.keys(TIER_OF) as (keyof typeof TIER_OF)[];
const DAY = 86_400_000;

export function scheduleEntries(schedules: SuiteDeclaration['schedules']): ScheduleEntry[] {
  return Object.entries(schedules)
    .filter((entry): entry is [keyof typeof TIER_OF, string] => entry[1] !== undefined)
    .map(([name, expression]) => ({ name, tier: TIER_OF[name], expression }));
}

/** What is wrong with an expression of EventBridge Scheduler; undefined when nothing is. `rate()` and `at()` make no backup plan. */
export function cronProblem(expression: string): string | undefined {
  const fields = fieldsOf(expression);
  if (!fields) return 'must be cron(minutes hours day-of-month month day-of-week year)';
  if ((fields[2] === '?') === (fields[4] === '?')) return 'exactly one of day-of-month and day-of-week must be "?"';
  try {
    const cron = wallClock(fields);
    return cron.nextRun() === null ? 'never comes true again' : undefined;
  } catch (error) {
    return `is not a cron expression: ${error instanceof Error ? error.message.replace('CronPattern: ', '') : error}`;
  }
}

/**
 * A warning when the expression names a time that the zone skips in spring: EventBridge Scheduler does not run it that day.
 * `cronProblem` has found nothing.
 */
export function springGapWarning({ name, expression }: ScheduleEntry, timeZone: string, now = new Date()): string | undefined {
  const cron = wallClock(fieldsOf(expression)!);
  for (const gap of springGaps(timeZone, now)) {
    const next = cron.nextRun(new Date(gap.from - 1000));
    if (next && next.getTime() < gap.to) {
      const time = next.toISOString().slice(0, 16).replace('T', ' ');
      return `schedules.${name}: ${expression} names ${time} in ${timeZone}, which the change to summer time skips: no run then.`;
    }
  }
  return undefined;
}

function fieldsOf(expression: string): string[] | undefined {
  const fields = /^cron\((.*)\)$/.exec(expression.trim())?.[1]?.trim().split(/\s+/);
  return fields?.length === 6 ? fields : undefined;
}

/** The pattern over wall-clock times, as if they were UTC. AWS counts the days of the week from SUN = 1, cron from SUN = 0. */
function wallClock(fields: string[]): Cron {
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields.map((field) => (field === '?' ? '*' : field));
  const days = dayOfWeek === 'L' ? '6' : dayOfWeek!.replace(/(^|[,-])([1-7])/g, (_, before, day) => `${before}${day - 1}`);
  return new Cron([0, minutes, hours, dayOfMonth, month, days, year].join(' '), { timezone: 'Etc/UTC', sloppyRanges: true });
}

/** Wall-clock intervals of the next 400 days that do not exist, as milliseconds of the same clock read as UTC. */
function springGaps(timeZone: string, now: Date): { from: number; to: number }[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offset = (time: number) => {
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')!.value;
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name)!;
    return sign ? (sign === '+' ? 1 : -1) * (Number(hours) * 60 + Number(minutes)) * 60_000 : 0;
  };
  const start = Math.floor(now.getTime() / DAY) * DAY;
  return Array.from({ length: 400 }, (_, day) => start + day * DAY)
    .filter((day) => offset(day + DAY) > offset(day))
    .map((day) => {
      let [before, after] = [day, day + DAY];
      while (after - before > 60_000) {
        const middle = Math.floor((before + after) / 120_000) * 60_000;
        if (offset(middle) > offset(day)) after = middle;
        else before = middle;
      }
      return { from: after + offset(day), to: after + offset(after) };
    });
}
