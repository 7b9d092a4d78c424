import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import type { Point } from '../support/contract.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { createHost } from '../support/host.ts';
import type { RunningCommand } from '../support/running-command.ts';
import { STALLED, STALLING_DOWNLOAD, STALLING_DUMP } from '../support/slow-steps.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';
import { until } from '../support/until.ts';
import { TamperedVault } from '../support/vault.ts';

type Running = RunningCommand<'backup'>;

const HOW: [string, (command: Running) => void][] = [
  ['its process is killed', (command) => command.signal('SIGKILL')],
  ['its whole process group is killed', (command) => command.killGroup('SIGKILL')],
];

let host: TestHost;
let db: Postgres;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', 'create table orders as select id, md5(id::text) as code from generate_series(1, 1000) id');
});
afterAll(() => host.remove());
afterEach(async () => {
  await db.binaries.reset();
  await host.hostTool.reset();
});

/**
 * The supervisor of a command gives it five seconds to undo what it did. Files, and a container of a Docker engine that nobody is left to
 * tell, wait for the next run.
 */
async function nothingRuns(): Promise<void> {
  const running = async () => (await host.leftovers()).filter((said) => !/^(file|container) /.test(said));
  await until(async () => (await running()).length === 0, 60_000, 'nothing runs').catch(async (error: Error) => {
    throw new Error(`${error.message}:\n${(await running()).join('\n')}`);
  });
}

async function stalled(): Promise<void> {
  await until(async () => (await host.leftovers()).some((said) => STALLED.test(said)), 60_000, 'the step stalls');
}

/** The points, of which the killed run's was told of exactly once; nothing is locked any more. */
async function pointsAfter(suite: Suite, isKilled: (point: Point) => boolean): Promise<Point[]> {
  const { points } = (await suite.run('list')).json;
  const { id } = points.find(isKilled)!;
  const told = (await alertsOf(suite.home)).map(({ subject }) => subject);
  expect(told.filter((subject) => subject.includes(id))).toEqual([`${suite.name}: backup failed: Aborted (${id})`]);
  expect(await (await TamperedVault.open(suite.home)).keys()).not.toContain(`${suite.name}/lock.json`);
  return points;
}

describe.each(HOW)('when %s', (_, kill) => {
  let suite: Suite;

  beforeAll(async () => {
    const databases = [{ name: 'shop', container: db.container, database: 'shop' }];
    suite = await createSuite({ host, suite: { sources: { databases } } });
  });

  it('during the capture, the next run ends what was begun and tells of it once', async () => {
    await db.binaries.replace('pg_dump', STALLING_DUMP);
    const command = await suite.start('backup');
    await command.waitForLine(/▸ Capture the database/);
    await stalled();
    kill(command);
    expect((await command.done).signal).toBe('SIGKILL');
    await nothingRuns();

    const points = await pointsAfter(suite, () => true);
    expect(points).toMatchObject([{ state: 'failed', restorable: false, reason: { name: 'Aborted' } }]);
  });

  it('during the proof, the point is stored but not proven, and the next run is proven', async () => {
    await host.hostTool.replace('curl', STALLING_DOWNLOAD);
    const command = await suite.start('backup');
    await command.waitForLine(/▸ Restore the roles/, 120_000);
    await stalled();
    kill(command);
    expect((await command.done).signal).toBe('SIGKILL');
    await nothingRuns();
    await host.hostTool.reset();

    const [killed] = await pointsAfter(suite, ({ state }) => state === 'stored');
    // Every source was captured whole: it can be restored, and nobody says that this was tried.
    expect(killed).toMatchObject({ state: 'stored', restorable: true, reason: { name: 'Aborted' }, lastProof: null });

    const next = await suite.run('backup');
    expect([next.exitCode, next.json.outcome, next.json.point?.state]).toEqual([0, 'proven', 'proven']);
    expect(await alertsOf(suite.home)).toHaveLength(2);
    expect(await host.leftovers()).toEqual([]);
  });
});

describe.each(HOW)('when %s while the point is sealed', (_, kill) => {
  it('there is no point, and the next run is proven', async () => {
    const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
    const suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
    await suite.run('list');
    const begun = join(host.workspace, 'sealing');
    const wait = `await (await import('node:fs/promises')).writeFile(${JSON.stringify(begun)}, '');await new Promise((done) => setTimeout(done, 600000));`;
    const assembly = new EditedAssembly(suite.home, suite.name);
    await assembly.function('seal', (code) => wait + code);
    const command = await suite.start('backup');
    await command.waitForLine(/▸ Seal the recovery point/);
    await until(() => existsSync(begun), 20_000, 'the function runs');
    kill(command);
    expect((await command.done).signal).toBe('SIGKILL');
    await nothingRuns();
    await assembly.function('seal', (code) => code.slice(wait.length));

    const next = await suite.run('backup');
    expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
    const [proven, killed, ...more] = await pointsAfter(suite, ({ state }) => state === 'failed');
    expect(await alertsOf(suite.home)).toHaveLength(1);
    expect(proven).toMatchObject({ state: 'proven', restorable: true });
    expect(killed).toMatchObject({ state: 'failed', restorable: false, reason: { name: 'Aborted' } });
    expect(more).toEqual([]);
    expect(await host.leftovers()).toEqual([]);
  });
});
