import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { RunningCommand } from '../support/running-command.ts';
import { STALLED, STALLING_DOWNLOAD, STALLING_DUMP } from '../support/slow-steps.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';
import { until } from '../support/until.ts';
import { TamperedVault } from '../support/vault.ts';

type Running = RunningCommand<'backup'> | RunningCommand<'verify'> | RunningCommand<'restore'>;

/** Ctrl+C in a terminal reaches the whole process group, a supervisor's signal the process alone. */
const HOW: [string, (command: Running) => void][] = [
  ['Ctrl+C', (command) => command.killGroup('SIGINT')],
  ['SIGTERM', (command) => command.signal('SIGTERM')],
];

let host: TestHost;
let db: Postgres;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', 'create table orders as select id, md5(id::text) as code from generate_series(1, 1000) id');
  const databases = [{ name: 'shop', container: db.container, database: 'shop' }];
  suite = await createSuite({ host, suite: { sources: { databases } } });
});
afterAll(() => host.remove());
afterEach(async () => {
  await db.binaries.reset();
  await host.hostTool.reset();
});

async function stalled(): Promise<void> {
  await until(async () => (await host.leftovers()).some((said) => STALLED.test(said)), 120_000, 'the step stalls');
}

/** When the command has ended nothing is left: no process, session, scratch server, file in TMPDIR or lock. */
async function expectNothingLeft(): Promise<void> {
  // A server needs a moment to see that a client has gone.
  await until(async () => (await host.leftovers()).length === 0, 20_000, 'nothing is left').catch(() => undefined);
  expect(await host.leftovers()).toEqual([]);
  expect(await (await TamperedVault.open(suite.home)).keys()).not.toContain(`${suite.name}/lock.json`);
}

describe('a backup that captures', () => {
  it.each(HOW)('ends at %s with 130, its document and one alert, and leaves nothing', async (_, interrupt) => {
    const before = await alertsOf(suite.home);
    await db.binaries.replace('pg_dump', STALLING_DUMP);
    const command = await suite.start('backup');
    await command.waitForLine(/▸ Capture the database/);
    await stalled();
    interrupt(command);
    const { exitCode, json } = await command.done;
    await expectNothingLeft();
    expect([exitCode, json.exitCode, json.error?.name, json.outcome]).toEqual([130, 130, 'Interrupted', 'failed']);
    expect(json.point).toMatchObject({ state: 'failed', restorable: false });
    const alerts = (await alertsOf(suite.home)).slice(before.length);
    expect(alerts.map(({ subject }) => subject)).toEqual([`${suite.name}: backup failed: Aborted (${json.point!.id})`]);
  });

  it('leaves points that are not restorable, and the next run is proven', async () => {
    const next = await suite.run('backup');
    expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
    const { points } = (await suite.run('list')).json;
    expect(points.map(({ state, restorable }) => ({ state, restorable }))).toEqual([
      { state: 'proven', restorable: true },
      ...HOW.map(() => ({ state: 'failed', restorable: false })),
    ]);
  });
});

describe('a verification that restores', () => {
  it.each(HOW)('ends at %s with 130, its document and one alert, and leaves nothing', async (_, interrupt) => {
    const before = await alertsOf(suite.home);
    await host.hostTool.replace('curl', STALLING_DOWNLOAD);
    const command = await suite.start('verify', 'latest-proven');
    await command.waitForLine(/▸ Restore the roles/);
    await stalled();
    interrupt(command);
    const { exitCode, json } = await command.done;
    await expectNothingLeft();
    expect([exitCode, json.error?.name, json.proof]).toEqual([130, 'Interrupted', null]);
    // What was proven stays so: an interruption says nothing about the point.
    expect(json.point).toMatchObject({ state: 'proven', restorable: true });
    const alerts = (await alertsOf(suite.home)).slice(before.length);
    expect(alerts.map(({ subject }) => subject)).toEqual([expect.stringMatching(/: verify failed: Aborted \(\d{8}T\d{6}Z\)$/)]);
  });

  it('can be repeated, and the point is proven once more', async () => {
    const { exitCode, json } = await suite.run('verify', 'latest');
    expect([exitCode, json.proof?.ok, json.point?.lastProof?.id]).toEqual([0, true, json.proof?.id]);
    expect((await suite.run('show', 'latest')).json.proofs).toHaveLength(2);
    expect(await host.leftovers()).toEqual([]);
  });
});

describe('a restore that makes its safety point', () => {
  it('ends at Ctrl+C with 130, its document and one alert, which say that nothing was changed', async () => {
    const before = await alertsOf(suite.home);
    await db.binaries.replace('pg_dump', STALLING_DUMP);
    const command = await suite.start('restore', 'latest-proven', '--mode', 'database', '--confirm', suite.name);
    await command.waitForLine(/▸ Capture the database/);
    await stalled();
    command.killGroup('SIGINT');
    const { exitCode, json } = await command.done;
    await expectNothingLeft();
    expect([exitCode, json.error?.name, json.outcome, json.steps]).toEqual([130, 'Interrupted', 'failed', []]);
    expect(json.error!.message).toContain('Nothing of the suite was changed.');
    const alerts = (await alertsOf(suite.home)).slice(before.length);
    expect(alerts).toMatchObject([
      {
        subject: expect.stringContaining(`${suite.name}: restore failed: Aborted`),
        message: expect.stringContaining('Nothing of the suite was changed.'),
      },
    ]);
    // The backup's failure is written down all the same.
    expect((await suite.run('list')).json.points[0]).toMatchObject({
      state: 'failed',
      label: `before restore ${json.restoreId}`,
    });
  });
});
