import { Cron } from 'croner';

/** A schedule expression that AWS, or this engine, does not know. */
export class ExpressionInvalid extends Error {}

const rateUnits: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * The next times of an EventBridge Scheduler expression after a moment: `cron(min hour day month weekday year)` and `at(…)` in the time
 * zone, `rate(n unit)` counted from 1970. As on AWS a time in the hour that spring skips does not happen, and one in the hour that
 * autumn repeats happens once. Fewer than `count` come back when the expression ends before.
 * @throws ExpressionInvalid
 */
export function nextTimes(expression: string, timeZone: string, count: number, from: Date): Date[] {
  const [, kind, content = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return rateTimes(content, count, from);
  if (kind === 'cron') return cronTimes(newCron(expression, cronPattern(content), timeZone), count, from);
  if (kind === 'at') return cronTimes(newCron(expression, momentPattern(content), timeZone), count, from);
  throw new ExpressionInvalid(`the engine does not know the schedule expression ${expression}`);
}

function rateTimes(content: string, count: number, from: Date): Date[] {
  const [, value, unit] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(content) ?? [];
  if (value === undefined || unit === undefined) throw new ExpressionInvalid(`the engine does not know the rate ${content}`);
  const period = Number(value) * rateUnits[unit]!;
  const first = (Math.floor(from.getTime() / period) + 1) * period;
  return Array.from({ length: count }, (_, index) => new Date(first + index * period));
}

function cronTimes(cron: Cron, count: number, from: Date): Date[] {
  const times: Date[] = [];
  let after = from;
  while (times.length < count) {
    const next = cron.nextRun(after);
    if (next === null) break;
    // croner moves a time that spring skips to the end of the gap, where the pattern does not match.
    if (cron.match(next)) times.push(next);
    after = next;
  }
  return times;
}

function newCron(expression: string, pattern: string, timeZone: string): Cron {
  try {
    return new Cron(pattern, { timezone: timeZone, alternativeWeekdays: true, paused: true });
  } catch (error) {
    throw new ExpressionInvalid(`${expression} in ${timeZone}: ${(error as Error).message}`);
  }
}

/** One moment, `2026-12-24T18:00:00`, as a pattern that matches it and nothing else. */
function momentPattern(content: string): string {
  const [, year, month, day, hour, minute, second] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(content) ?? [];
  if (year === undefined) throw new ExpressionInvalid(`at(${content}) must be like at(2026-12-24T18:00:00)`);
  return `${second} ${minute} ${hour} ${day} ${month} ? ${year}`;
}

/** AWS's six fields as croner's seven: seconds in front, and `5/15` (from 5, every 15) as a range. */
function cronPattern(content: string): string {
  const fields = content.trim().split(/\s+/);
  if (fields.length !== 6) throw new ExpressionInvalid(`cron(${content}) must have six fields`);
  const [, , dayOfMonth, , dayOfWeek] = fields;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new ExpressionInvalid(`cron(${content}) must have a ? either as day of the month or as day of the week`);
  }
  const last = [59, 23, 31, 12, 7, 2199];
  const translated = fields.map((field, index) => field.replace(/(^|,)(\d+)\//g, `$1$2-${last[index]}/`));
  return ['0', ...translated].join(' ');
}
