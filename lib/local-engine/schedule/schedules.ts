import type { Problem } from '../assembly/problem.ts';
import { type Assembly, resourcesOf } from '../assembly/read-assembly.ts';
import { hexOf } from '../assembly/resource-types.ts';
import type { Invocation } from '../events/rules.ts';
import { sessionOf } from '../policies/principal.ts';
import { ExpressionInvalid, nextTimes } from './expression.ts';

export interface Schedule {
  name: string;
  group: string;
  arn: string;
  expression: string;
  timeZone: string;
  enabled: boolean;
  startDate: Date | undefined;
  endDate: Date | undefined;
  target: {
    Arn: string;
    RoleArn: string;
    Input?: string;
    RetryPolicy?: { MaximumEventAgeInSeconds?: number };
    DeadLetterConfig?: { Arn?: string };
  };
  /** The resource's own properties, as the API shows them. */
  properties: Record<string, unknown>;
}

/** A timer that is longer than this sleeps in parts, so that a machine which was suspended notices soon. */
const longestSleepMilliseconds = 60_000;
/** What Scheduler does when a schedule states no maximum age of its events. */
const defaultMaximumAgeSeconds = 86_400;

export function schedulesOfAssembly(assembly: Assembly, problems: Problem[]): Schedule[] {
  return resourcesOf(assembly, 'AWS::Scheduler::Schedule').map(({ stack, logicalId, name, arn, properties }) => {
    const expression = String(properties.ScheduleExpression);
    const timeZone = String(properties.ScheduleExpressionTimezone ?? 'UTC');
    try {
      nextTimes(expression, timeZone, 1, new Date());
    } catch (error) {
      if (!(error instanceof ExpressionInvalid)) throw error;
      problems.push({ stack, logicalId, path: 'Properties.ScheduleExpression', message: error.message });
    }
    return {
      name,
      group: String(properties.GroupName ?? 'default'),
      arn: arn as string,
      expression,
      timeZone,
      enabled: properties.State !== 'DISABLED',
      startDate: dateOf(properties.StartDate),
      endDate: dateOf(properties.EndDate),
      target: properties.Target as Schedule['target'],
      properties,
    };
  });
}

/** Fires the schedules at their times until the signal aborts; resolves then. */
export async function runSchedules(
  schedules: Schedule[],
  fire: (invocation: Invocation) => void,
  signal: AbortSignal,
): Promise<void> {
  let checked = new Date();
  while (!signal.aborted) {
    const next = Math.min(...schedules.flatMap((schedule) => timesAfter(schedule, 1, checked)).map((time) => time.getTime()));
    await sleep(Math.min(Math.max(0, next - Date.now()), longestSleepMilliseconds), signal);
    if (signal.aborted) return;
    const now = new Date();
    for (const schedule of schedules) {
      const due = lastDue(schedule, checked, now);
      if (due !== undefined) fire(invocationAt(schedule, due));
    }
    checked = now;
  }
}

/** The next times of an enabled schedule within its own period. */
export function timesAfter({ expression, timeZone, enabled, startDate, endDate }: Schedule, count: number, from: Date): Date[] {
  if (!enabled) return [];
  const begin = startDate !== undefined && startDate > from ? new Date(startDate.getTime() - 1) : from;
  return nextTimes(expression, timeZone, count, begin).filter((time) => endDate === undefined || time <= endDate);
}

/** The latest time between two moments, unless it is so long ago that its event is too old; earlier ones were missed. */
function lastDue(schedule: Schedule, after: Date, until: Date): Date | undefined {
  let due: Date | undefined;
  for (let [time] = timesAfter(schedule, 1, after); time !== undefined && time <= until; [time] = timesAfter(schedule, 1, time))
    due = time;
  const maximumAge = schedule.target.RetryPolicy?.MaximumEventAgeInSeconds ?? defaultMaximumAgeSeconds;
  return due !== undefined && until.getTime() - due.getTime() <= maximumAge * 1000 ? due : undefined;
}

function invocationAt(schedule: Schedule, time: Date): Invocation {
  const scheduledTime = `${time.toISOString().slice(0, 19)}Z`;
  const id = hexOf(`${schedule.arn} ${scheduledTime}`, 32);
  const input = (schedule.target.Input ?? '{}')
    .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime)
    .replaceAll('<aws.scheduler.schedule-arn>', schedule.arn)
    .replaceAll('<aws.scheduler.execution-id>', id)
    .replaceAll('<aws.scheduler.attempt-number>', '1');
  const { Arn, RoleArn, DeadLetterConfig } = schedule.target;
  const by = sessionOf(RoleArn, 'scheduler');
  const queueArn = DeadLetterConfig?.Arn;
  return { arn: Arn, input, id, by, ...(queueArn !== undefined && { deadLetters: { queueArn, by } }) };
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener('abort', wake, { once: true });
  });
}

function dateOf(value: unknown): Date | undefined {
  return value === undefined ? undefined : new Date(String(value));
}
