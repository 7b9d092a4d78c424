import { describe, expect, it } from 'vitest';
import { periodOf } from '../../../functions/contract/periods.ts';

const period = (tier: 'weekly' | 'monthly' | 'yearly', time: string, timeZone: string) =>
  periodOf(tier, new Date(time), timeZone);

describe('the zone of the suite decides', () => {
  it.each([
    // In Auckland (UTC+13 in summer) Sunday begins on Saturday at 11:00 UTC.
    ['2026-11-28T10:59:59Z', 'Pacific/Auckland', '2026-11-22'],
    ['2026-11-28T11:00:00Z', 'Pacific/Auckland', '2026-11-29'],
    ['2026-11-28T11:00:00Z', 'Etc/UTC', '2026-11-22'],
    ['2026-11-29T00:00:00Z', 'Etc/UTC', '2026-11-29'],
    // In Los Angeles (UTC-8) it is still Saturday then.
    ['2026-11-29T07:59:59Z', 'America/Los_Angeles', '2026-11-22'],
    ['2026-11-29T08:00:00Z', 'America/Los_Angeles', '2026-11-29'],
  ])('what is Sunday: %s in %s is in the week of %s', (time, zone, week) => {
    expect(period('weekly', time, zone)).toBe(week);
  });

  it.each([
    ['2026-12-31T12:59:59Z', 'Pacific/Kiritimati', '2027-01', '2027'], // UTC+14
    ['2026-12-31T09:59:59Z', 'Pacific/Kiritimati', '2026-12', '2026'],
    ['2027-01-01T11:00:00Z', 'Pacific/Pago_Pago', '2027-01', '2027'], // UTC-11
    ['2027-01-01T10:59:59Z', 'Pacific/Pago_Pago', '2026-12', '2026'],
    ['2028-02-29T23:30:00Z', 'Etc/UTC', '2028-02', '2028'],
    ['2028-02-29T23:30:00Z', 'Europe/Berlin', '2028-03', '2028'],
    ['2027-02-28T23:30:00Z', 'Europe/Berlin', '2027-03', '2027'],
  ])('what is the first of the month: %s in %s is in %s', (time, zone, month, year) => {
    expect([period('monthly', time, zone), period('yearly', time, zone)]).toEqual([month, year]);
  });

  it('through both changes of the clock: the week begins at midnight on the wall, not 168 hours after the last', () => {
    // Berlin: summer time ends on 2026-10-25 at 03:00 and begins on 2027-03-28 at 02:00.
    expect(period('weekly', '2026-10-24T21:59:59Z', 'Europe/Berlin')).toBe('2026-10-18');
    expect(period('weekly', '2026-10-24T22:00:00Z', 'Europe/Berlin')).toBe('2026-10-25');
    expect(period('weekly', '2026-10-31T22:59:59Z', 'Europe/Berlin')).toBe('2026-10-25');
    expect(period('weekly', '2026-10-31T23:00:00Z', 'Europe/Berlin')).toBe('2026-11-01');
    expect(period('weekly', '2027-03-27T23:00:00Z', 'Europe/Berlin')).toBe('2027-03-28');
    expect(period('weekly', '2027-04-03T21:59:59Z', 'Europe/Berlin')).toBe('2027-03-28');
    expect(period('weekly', '2027-04-03T22:00:00Z', 'Europe/Berlin')).toBe('2027-04-04');
  });

  it('a week that crosses the year is one week', () => {
    expect(period('weekly', '2026-12-27T12:00:00Z', 'Etc/UTC')).toBe('2026-12-27');
    expect(period('weekly', '2027-01-02T12:00:00Z', 'Etc/UTC')).toBe('2026-12-27');
    expect(period('weekly', '2027-01-03T00:00:00Z', 'Etc/UTC')).toBe('2027-01-03');
  });
});
