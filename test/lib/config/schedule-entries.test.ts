import { describe, expect, it } from 'vitest';
import { cronProblem, springGapWarning } from '../../../lib/config/schedule-entries.ts';

const NOW = new Date('2026-11-23T00:00:00Z');
const warningOf = (expression: string, timeZone: string) =>
  springGapWarning({ name: 'daily', tier: 'daily', expression }, timeZone, NOW);

describe('a schedule', () => {
  it.each([
    'cron(0 2 * * ? *)',
    'cron(0 3 ? * SUN *)',
    'cron(0/15 8-17 ? * MON-FRI *)',
    'cron(0 3 L * ? *)',
    'cron(0 3 ? * 6#3 *)',
    'cron(30 1 1,15 JAN-MAR ? 2030-2040)',
  ])('may be %s', (expression) => {
    expect(cronProblem(expression)).toBeUndefined();
  });

  it.each([
    ['0 2 * * ? *', /cron\(minutes/],
    ['cron(0 2 * * ?)', /cron\(minutes/],
    ['rate(1 day)', /cron\(minutes/],
    ['cron(0 2 * * * *)', /exactly one/],
    ['cron(0 2 ? * ? *)', /exactly one/],
    ['cron(61 2 * * ? *)', /minute/],
    ['cron(0 2 * * ? 2001)', /never/],
    ['cron(0 2 30 2 ? *)', /never/],
  ])('may not be %s', (expression, message) => {
    expect(cronProblem(expression)).toMatch(message);
  });
});

describe('the change to summer time', () => {
  it('is warned of when it skips the time of a schedule', () => {
    expect(warningOf('cron(30 2 * * ? *)', 'Europe/Berlin')).toContain('2027-03-28 02:30 in Europe/Berlin');
    expect(warningOf('cron(15 2 ? * 1 *)', 'America/New_York')).toContain('2027-03-14 02:15');
  });

  it('is nothing to warn of when the schedule names another hour, day or zone', () => {
    expect(warningOf('cron(0 3 * * ? *)', 'Europe/Berlin')).toBeUndefined();
    expect(warningOf('cron(59 1 * * ? *)', 'Europe/Berlin')).toBeUndefined();
    expect(warningOf('cron(30 2 ? * 2 *)', 'Europe/Berlin')).toBeUndefined();
    expect(warningOf('cron(30 2 * * ? *)', 'Etc/UTC')).toBeUndefined();
    expect(warningOf('cron(30 2 * * ? *)', 'Asia/Kolkata')).toBeUndefined();
  });

  it('is found in zones that change by half an hour or at midnight', () => {
    expect(warningOf('cron(15 2 * * ? *)', 'Australia/Lord_Howe')).toContain('2027-10-03 02:15');
    expect(warningOf('cron(30 0 * * ? *)', 'Asia/Beirut')).toContain('2027-03-28 00:30');
  });
});
