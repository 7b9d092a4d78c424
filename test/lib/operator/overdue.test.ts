import { expect, test } from 'vitest';
import { keys } from '../../../functions/contract/keys.ts';
import { overdueOf } from '../../../lib/operator/overdue.ts';
import { sampleEngine } from './sample-engine.ts';
import { manifestText, SUITE, sampleProof } from './samples.ts';

const daily = { name: 'daily', expression: 'cron(0 2 * * ? *)', timeZone: 'Etc/UTC', nextAt: '2027-01-01T02:00:00Z' };
const weekly = { name: 'full', expression: 'cron(0 3 ? * SUN *)', timeZone: 'Etc/UTC', nextAt: '2027-01-03T03:00:00Z' };
const PROVEN = '2026-11-23T02:00:04Z';

test('what should have brought a newer point is named with its time, six hours later: captures and proofs take their time', () => {
  const at = (now: string, schedules = [weekly, daily]) => overdueOf(schedules, PROVEN, new Date(now));
  expect(at('2026-11-24T07:59:59Z')).toBeNull();
  expect(at('2026-11-24T08:00:00Z')).toEqual({ schedule: 'daily', dueAt: '2026-11-24T02:00:00Z' });
  expect(at('2027-01-22T02:00:00Z')).toEqual({ schedule: 'daily', dueAt: '2026-11-24T02:00:00Z' });
  expect(at('2026-11-28T08:00:00Z', [weekly])).toBeNull();
  expect(at('2027-01-22T02:00:00Z', [weekly])).toEqual({ schedule: 'full', dueAt: '2026-11-29T03:00:00Z' });
});

test('nothing is late when nothing is scheduled', () => {
  expect(overdueOf([], PROVEN, new Date('2027-01-22T02:00:00Z'))).toBeNull();
  expect(overdueOf([{ ...daily, nextAt: null }], PROVEN, new Date('2027-01-22T02:00:00Z'))).toBeNull();
});

test('status says so at the top of what it tells, for people and for programs', async () => {
  const engine = await sampleEngine();
  const id = '20200101T020000Z';
  await engine.putSigned(keys.manifest(SUITE, id), manifestText({ id, startedAt: '2020-01-01T02:00:00Z' }));
  await engine.putSigned(keys.proof(SUITE, id, `${id}-aaaa`, true), JSON.stringify(sampleProof({ id: `${id}-aaaa`, point: id })));
  const { json, exitCode } = await engine.command('status');
  expect([exitCode, json.overdue]).toEqual([0, { schedule: 'sample-daily', dueAt: '2020-01-02T02:00:00Z' }]);
  expect((await engine.text('status')).stdout).toContain('overdue: sample-daily was due at 2020-01-02T02:00:00Z');
});
