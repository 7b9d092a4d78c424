import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { TestHost, Volume } from '../support/test-host.ts';

let host: TestHost;
let uploads: Volume;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads');
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
});
afterAll(() => host.remove());

it('is not done by a run that failed, is done by one that did not, and then nothing happens again', async () => {
  const scheduled = () => suite.run('backup', '--scheduled-for', '2026-11-23T02:00:00Z');
  const failed = await scheduled();
  expect([failed.exitCode, failed.json.outcome, failed.json.error?.name]).toEqual([3, 'failed', 'SourceEmpty']);

  await uploads.write({ 'invoice.txt': '100' });
  const first = await scheduled();
  expect([first.exitCode, first.json.outcome, first.json.point?.scheduledFor]).toEqual([0, 'proven', '2026-11-23T02:00:00Z']);

  const second = await scheduled();
  expect([second.exitCode, second.json.outcome, second.json.error]).toEqual([0, 'already-done', null]);
  expect(second.json.point?.id).toBe(first.json.point!.id);
  // The same moment, as a clock in another time zone writes it.
  const same = await suite.run('backup', '--scheduled-for', '2026-11-23T03:00:00+01:00');
  expect([same.exitCode, same.json.outcome]).toEqual([0, 'already-done']);

  const { points } = (await suite.run('list')).json;
  expect(points.map(({ state, restorable, scheduledFor }) => ({ state, restorable, scheduledFor }))).toEqual([
    { state: 'proven', restorable: true, scheduledFor: '2026-11-23T02:00:00Z' },
    { state: 'failed', restorable: false, scheduledFor: '2026-11-23T02:00:00Z' },
  ]);
  expect(await alertsOf(suite.home)).toHaveLength(1);
  expect(await host.leftovers()).toEqual([]);
});

it('is done by one run when the scheduler fires twice for it at once', async () => {
  const before = (await suite.run('list')).json.points.length;
  const words = ['--scheduled-for', '2026-11-24T02:00:00Z'];
  const ended = await Promise.all([suite.run('backup', ...words), suite.run('backup', ...words)]);
  const outcomes = ended.map(({ json }) => json.outcome).sort();
  // The second finds the first at work, or its point.
  expect([
    ['locked', 'proven'],
    ['already-done', 'proven'],
  ]).toContainEqual(outcomes);
  const { points } = (await suite.run('list')).json;
  expect(points).toHaveLength(before + 1);
  expect(points[0]).toMatchObject({ state: 'proven', scheduledFor: '2026-11-24T02:00:00Z' });
  expect(await alertsOf(suite.home)).toHaveLength(1);
  expect(await host.leftovers()).toEqual([]);
});
