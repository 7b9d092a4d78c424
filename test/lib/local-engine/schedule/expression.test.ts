import { expect, test } from 'vitest';
import { nextTimes } from '../../../../lib/local-engine/schedule/expression.ts';

function times(expression: string, timeZone: string, from: string, count = 3): string[] {
  return nextTimes(expression, timeZone, count, new Date(from)).map((time) => time.toISOString().slice(0, 16));
}

test.for<[string, string, string[]]>([
  ['cron(0 2 * * ? *)', 'UTC', ['2026-11-24T02:00', '2026-11-25T02:00', '2026-11-26T02:00']],
  ['cron(0 2 * * ? *)', 'Europe/Madrid', ['2026-11-24T01:00', '2026-11-25T01:00', '2026-11-26T01:00']],
  ['cron(0 3 ? * 1 *)', 'UTC', ['2026-11-29T03:00', '2026-12-06T03:00', '2026-12-13T03:00']],
  ['cron(0 3 ? * SUN *)', 'UTC', ['2026-11-29T03:00', '2026-12-06T03:00', '2026-12-13T03:00']],
  ['cron(0/15 9 ? * MON-FRI *)', 'UTC', ['2026-11-24T09:00', '2026-11-24T09:15', '2026-11-24T09:30']],
  ['cron(0 8/8 * * ? *)', 'UTC', ['2026-11-23T16:00', '2026-11-24T08:00', '2026-11-24T16:00']],
  ['cron(0 4 L * ? *)', 'UTC', ['2026-11-30T04:00', '2026-12-31T04:00', '2027-01-31T04:00']],
  ['cron(0 4 15W * ? *)', 'UTC', ['2026-12-15T04:00', '2027-01-15T04:00', '2027-02-15T04:00']],
  ['cron(0 4 ? * 6#3 *)', 'UTC', ['2026-12-18T04:00', '2027-01-15T04:00', '2027-02-19T04:00']],
  ['cron(0 4 1 1 ? 2028-2029)', 'UTC', ['2028-01-01T04:00', '2029-01-01T04:00']],
  ['rate(1 hour)', 'UTC', ['2026-11-23T13:00', '2026-11-23T14:00', '2026-11-23T15:00']],
  ['rate(10 minutes)', 'UTC', ['2026-11-23T12:40', '2026-11-23T12:50', '2026-11-23T13:00']],
  ['at(2026-12-24T18:00:00)', 'Europe/Madrid', ['2026-12-24T17:00']],
  ['at(2026-01-01T00:00:00)', 'UTC', []],
])('%s in %s', ([expression, timeZone, expected]) => {
  expect(times(expression, timeZone, '2026-11-23T12:34:00Z')).toEqual(expected);
});

test('a time in the hour that spring skips does not happen', () => {
  expect(times('cron(30 2 * * ? *)', 'Europe/Madrid', '2026-03-28T00:00:00Z')).toEqual([
    '2026-03-28T01:30',
    '2026-03-30T00:30',
    '2026-03-31T00:30',
  ]);
  expect(times('at(2026-03-29T02:30:00)', 'Europe/Madrid', '2026-03-01T00:00:00Z')).toEqual([]);
});

test('a time in the hour that autumn repeats happens once', () => {
  expect(times('cron(30 2 * * ? *)', 'Europe/Madrid', '2026-10-24T12:00:00Z')).toEqual([
    '2026-10-25T00:30',
    '2026-10-26T01:30',
    '2026-10-27T01:30',
  ]);
});

test.for([
  'daily',
  'cron(0 2 * * *)',
  'cron(0 2 * * * *)',
  'cron(0 25 * * ? *)',
  'rate(0 hours)',
  'rate(1 week)',
  'at(tomorrow)',
])('the expression %s is refused', (expression) => {
  expect(() => nextTimes(expression, 'UTC', 1, new Date())).toThrow(expression.slice(0, 4));
});

test('an unknown time zone is refused', () => {
  expect(() => nextTimes('cron(0 2 * * ? *)', 'Atlantis/Deep', 1, new Date())).toThrow('Atlantis/Deep');
});
