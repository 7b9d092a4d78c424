import { Cron } from 'croner';

const UNIT_SECONDS: Record<string, number> = { minute: 60, hour: 3600, day: 86_400 };
/** The last values of the fields of an AWS cron expression: minutes, hours, day of month, month, day of week, year. */
const LAST_VALUES = [59, 23, 31, 12, 7, 2199];

/**
 * When an EventBridge Scheduler expression is due next after `now`; null when it never is. A time in the hour that spring skips is
 * skipped, as Scheduler does. `createdAt`: a rate counts from the schedule's creation.
 * @throws Error for an expression that is none
 */
export function nextTime(expression: string, timeZone: string, createdAt: Date, now: Date): Date | null {
  const [, form, body = ''] = /^(cron|rate|at)\((.+)\)$/.exec(expression.trim()) ?? [];
  if (form === 'cron') return nextCron(body, timeZone, now);
  if (form === 'rate') return nextRate(body, createdAt, now);
  if (form === 'at') return nextOnce(body, timeZone, now);
  throw new Error(`${expression} is no schedule expression`);
}

function nextCron(body: string, timezone: string, now: Date): Date | null {
  const cron = new Cron(`0 ${cronerFields(body)}`, { timezone, alternativeWeekdays: true, paused: true });
  let after = now;
  // Croner moves a time that does not exist to the next one that does; such a moment does not match the expression.
  for (;;) {
    const next = cron.nextRun(after);
    if (next === null || cron.match(next)) return next;
    after = next;
  }
}

/** AWS writes `0/15` for "from 0 in steps of 15" and `?` for "any"; croner knows `0-59/15` and `*`. */
function cronerFields(body: string): string {
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6) throw new Error(`cron(${body}) has ${fields.length} fields instead of 6`);
  return fields
    .map((field, position) => (field === '?' ? '*' : field.replace(/(^|,)(\d+)\/(\d+)/g, `$1$2-${LAST_VALUES[position]}/$3`)))
    .join(' ');
}

function nextRate(body: string, createdAt: Date, now: Date): Date {
  const [, amount, unit = ''] = /^(\d+)\s+(minute|hour|day)s?$/.exec(body) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (!(seconds > 0)) throw new Error(`rate(${body}) is no rate`);
  const passed = Math.max(0, Math.floor((now.getTime() - createdAt.getTime()) / (seconds * 1000)));
  return new Date(createdAt.getTime() + (passed + 1) * seconds * 1000);
}

function nextOnce(body: string, timezone: string, now: Date): Date | null {
  return new Cron(body, { timezone, paused: true }).nextRun(now);
}
