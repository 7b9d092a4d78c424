import { expect, test } from 'vitest';
import { nextTime } from '../../../lib/operator/next-time.ts';

const next = (expression: string, timeZone: string, now: string) =>
  nextTime(expression, timeZone, new Date('2026-01-01T00:10:00Z'), new Date(now))?.toISOString() ?? null;

test('a daily cron is due at its hour of the time zone', () => {
  expect(next('cron(0 2 * * ? *)', 'Etc/UTC', '2026-11-23T01:59:59Z')).toBe('2026-11-23T02:00:00.000Z');
  expect(next('cron(0 2 * * ? *)', 'Etc/UTC', '2026-11-23T02:00:00Z')).toBe('2026-11-24T02:00:00.000Z');
  expect(next('cron(0 2 * * ? *)', 'Asia/Bangkok', '2026-11-23T02:00:00Z')).toBe('2026-11-23T19:00:00.000Z');
});

test('1 and SUN are both Sunday', () => {
  expect(next('cron(0 3 ? * SUN *)', 'Etc/UTC', '2026-11-23T00:00:00Z')).toBe('2026-11-29T03:00:00.000Z');
  expect(next('cron(0 3 ? * 1 *)', 'Etc/UTC', '2026-11-23T00:00:00Z')).toBe('2026-11-29T03:00:00.000Z');
});

test('steps without a range, the last day and years are understood', () => {
  expect(next('cron(5/20 * * * ? *)', 'Etc/UTC', '2026-11-23T00:06:00Z')).toBe('2026-11-23T00:25:00.000Z');
  expect(next('cron(0 1/6 * * ? *)', 'Etc/UTC', '2026-11-23T02:00:00Z')).toBe('2026-11-23T07:00:00.000Z');
  expect(next('cron(0 0 L * ? *)', 'Etc/UTC', '2026-02-02T00:00:00Z')).toBe('2026-02-28T00:00:00.000Z');
  expect(next('cron(0 0 1 1 ? 2030)', 'Etc/UTC', '2026-02-02T00:00:00Z')).toBe('2030-01-01T00:00:00.000Z');
});

test('a time in the hour that spring skips is skipped', () => {
  expect(next('cron(30 2 * * ? *)', 'Europe/Madrid', '2026-03-28T12:00:00Z')).toBe('2026-03-30T00:30:00.000Z');
});

test('a time that never comes again is null', () => {
  expect(next('cron(0 0 1 1 ? 2020)', 'Etc/UTC', '2026-02-02T00:00:00Z')).toBe(null);
  expect(next('at(2020-01-01T00:00:00)', 'Etc/UTC', '2026-02-02T00:00:00Z')).toBe(null);
});

test('a rate counts from the schedule, a single time from its zone', () => {
  expect(next('rate(15 minutes)', 'Etc/UTC', '2026-01-01T00:30:00Z')).toBe('2026-01-01T00:40:00.000Z');
  expect(next('rate(1 day)', 'Etc/UTC', '2025-12-31T00:00:00Z')).toBe('2026-01-02T00:10:00.000Z');
  expect(next('at(2026-11-23T02:00:00)', 'Europe/Madrid', '2026-11-22T00:00:00Z')).toBe('2026-11-23T01:00:00.000Z');
});

test('what is no expression is an error that names it', () => {
  expect(() => next('cron(0 2 * *)', 'Etc/UTC', '2026-01-01T00:00:00Z')).toThrow('cron(0 2 * *) has 4 fields instead of 6');
  expect(() => next('rate(5 fortnights)', 'Etc/UTC', '2026-01-01T00:00:00Z')).toThrow('rate(5 fortnights) is no rate');
  expect(() => next('daily', 'Etc/UTC', '2026-01-01T00:00:00Z')).toThrow('daily is no schedule expression');
});
