import type { Tier } from './tiers.ts';

/** The tiers that one point of each calendar period is kept for, longest first. */
export const PERIODIC = ['yearly', 'monthly', 'weekly'] as const satisfies readonly Tier[];

const DAY = 86_400_000;
const dates = new Map<string, Intl.DateTimeFormat>();

/** The date on the wall of that zone, as milliseconds of the same date in UTC. */
function dateIn(timeZone: string, time: Date): number {
  let format = dates.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      calendar: 'iso8601',
    });
    dates.set(timeZone, format);
  }
  const parts = format.formatToParts(time);
  const part = (type: 'year' | 'month' | 'day') => Number(parts.find((each) => each.type === type)!.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'));
}

/**
 * The week (from Sunday), month or year that a moment belongs to in a time zone, as a sortable text. What is "Sunday" or "the first of the
 * month" is decided by the suite's zone: in Auckland a week begins while it is Saturday in UTC.
 */
export function periodOf(tier: (typeof PERIODIC)[number], time: Date, timeZone: string): string {
  const date = dateIn(timeZone, time);
  const day = new Date(date);
  const start = { yearly: 4, monthly: 7, weekly: 10 } as const;
  const first = tier === 'weekly' ? date - day.getUTCDay() * DAY : date;
  return new Date(first).toISOString().slice(0, start[tier]);
}
