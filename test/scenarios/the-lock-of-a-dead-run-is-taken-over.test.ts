import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import { STALLED } from '../support/slow-steps.ts';
import type { TestHost } from '../support/test-host.ts';
import { until } from '../support/until.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
});
afterAll(() => host.remove());

it('by the next run, which finds nothing but the lock, and is proven; the dead one is failed and told once', async () => {
  await host.hostTool.replace('tar', '[[ " $* " == *\' --create \'* ]] || exec "$REAL" "$@"\nexec sleep 1000');
  const command = await suite.start('backup');
  await command.waitForLine(/▸ Capture the volume/);
  await until(async () => (await host.leftovers()).some((said) => STALLED.test(said)), 60_000, 'the archiver stalls');
  command.killGroup('SIGKILL');
  await command.done;
  await until(async () => !(await host.leftovers()).some((said) => STALLED.test(said)), 60_000, 'the archiver is gone');
  await host.hostTool.reset();
  // The engine forgets its executions too, as AWS does after 90 days: nobody but the next run can clean up.
  await rm(join(suite.home, 'engine'), { recursive: true });
  const lock = `${suite.name}/lock.json`;
  expect(await (await TamperedVault.open(suite.home)).keys()).toContain(lock);

  const { exitCode, json, stderr } = await suite.run('backup');
  expect([exitCode, json.outcome]).toEqual([0, 'proven']);
  expect(stderr).toContain('Clean up after the run that died');
  expect(await (await TamperedVault.open(suite.home)).keys()).not.toContain(lock);
  const { points } = (await suite.run('list')).json;
  expect(points).toMatchObject([
    { id: json.point!.id, state: 'proven', restorable: true },
    { state: 'failed', restorable: false, reason: { name: 'Aborted' } },
  ]);
  const alerts = await alertsOf(suite.home);
  expect(alerts.map(({ subject }) => subject)).toEqual([`${suite.name}: backup failed: Aborted (${points[1]!.id})`]);
  expect(await host.leftovers()).toEqual([]);
});
