import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import { quoted } from '../support/replaced-tools.ts';
import { STALLED, STALLING_DOWNLOAD } from '../support/slow-steps.ts';
import type { Container, Postgres, TestHost, Volume } from '../support/test-host.ts';
import { until } from '../support/until.ts';

let host: TestHost;
let db: Postgres;
let uploads: Volume;
let writer: Container;
let suite: Suite;
let point: string;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  writer = await host.container('api', { files: { 'app/x': 'x' } });
  await db.sql('shop', 'create table orders (id int primary key); insert into orders select generate_series(1, 9);');
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [{ name: 'shop', container: db.container }],
        volumes: [{ name: 'uploads', volume: uploads.name }],
      },
      writers: [writer.container],
    },
  });
  point = (await provenBackup(suite)).point!.id;
});
afterAll(() => host.remove());

beforeEach(async () => {
  await db.sql('shop', 'delete from orders where id > 3');
  await uploads.write({ 'invoice.txt': '999' });
});

const restore = (...words: string[]) => suite.run('restore', ...words);
const FULL = () => [point, '--mode', 'full', '--no-safety-point', '--confirm', suite.name];

it('touches nothing when the safety point fails, and keeps one when it does not', async () => {
  await db.binaries.replace('pg_dump', '[[ $* == *--version* ]] && exec "$REAL" "$@"\nexit 1');
  const failed = await restore(point, '--mode', 'database', '--confirm', suite.name);
  await db.binaries.reset();
  expect([failed.exitCode, failed.json.outcome, failed.json.error?.name], failed.stderr).toEqual([
    1,
    'refused',
    'SafetyPointFailed',
  ]);
  expect(failed.json.error!.message).toMatch(/^Nothing was touched, because the safety point failed \([A-Za-z]+\): [^{]*$/);
  expect(await orders()).toBe('3');
  const done = await restore(point, '--mode', 'database', '--confirm', suite.name);
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  const { points } = (await succeed(suite, 'list')).json;
  expect(points[0]).toMatchObject({ id: done.json.safetyPoint, state: 'proven', label: `before restore ${done.json.restoreId}` });
  expect(await orders()).toBe('9');
  await succeed(suite, 'restore', '--forget');
});

it('is put back when it is interrupted', async () => {
  const before = (await alertsOf(suite.home)).length;
  const command = await stalled();
  command.signal('SIGINT');
  const { exitCode, json } = await command.done;
  await host.hostTool.reset();
  expect([exitCode, json.error!.name]).toEqual([130, 'Interrupted']);
  await expectAsBefore();
  const told = (await alertsOf(suite.home)).slice(before);
  expect(told.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: ')]);
  expect(told[0]!.message).toContain('Everything is as it was');
});

it('killed together with its engine, it goes on where it was, and can be undone as a whole', async () => {
  await kill();
  const resumed = await restore('--resume', '--confirm', suite.name);
  expect([resumed.exitCode, resumed.json.outcome, resumed.json.error], resumed.stderr).toEqual([0, 'restored', null]);
  expect(await orders()).toBe('9');
  expect(await invoice()).toBe('100');
  expect(await writerRuns()).toBe(true);
  const undone = await restore('--undo');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  await expectAsBefore();
});

it('killed, it can be undone at once', async () => {
  await kill();
  const undone = await restore('--undo');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  await expectAsBefore();
});

it('killed after its database was swapped, it is put back by the next run, whatever that is', async () => {
  const before = (await alertsOf(suite.home)).length;
  const command = await stalled(3);
  expect(await orders()).toBe('9');
  command.killGroup('SIGKILL');
  await command.done;
  await host.hostTool.reset();
  await succeed(suite, 'verify', point);
  await expectAsBefore();
  const told = (await alertsOf(suite.home)).slice(before);
  expect(told.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: Aborted')]);
});

/** A restore whose second download (the dump, after the roles) or third one (the volume) stops half way. */
async function stalled(download: 2 | 3 = 2) {
  const count = quoted(join(host.workspace, `downloads-${randomUUID()}`));
  const others = `echo >>${count}; (($(wc --lines <${count}) >= ${download})) || exec "$REAL" "$@"`;
  await host.hostTool.replace('curl', `${others}\n${STALLING_DOWNLOAD}`);
  const command = await suite.start('restore', ...FULL());
  await stalls();
  return command;
}

async function stalls(): Promise<void> {
  await until(async () => (await host.leftovers()).some((said) => STALLED.test(said)), 120_000, 'the download stalls');
}

async function kill(): Promise<void> {
  const command = await stalled();
  expect(await writerRuns()).toBe(false);
  command.killGroup('SIGKILL');
  await command.done;
  await until(async () => !(await host.leftovers()).some((said) => STALLED.test(said)), 30_000, 'the download is gone');
  await host.hostTool.reset();
}

async function expectAsBefore(): Promise<void> {
  expect(await orders()).toBe('3');
  expect(await invoice()).toBe('999');
  expect(await writerRuns()).toBe(true);
  expect(await db.sql('postgres', "select datname from pg_database where datname like 'shop%'")).toBe('shop');
  expect((await readdir(uploads.folder)).filter((name) => !name.startsWith('.suite-backup-restore-'))).toEqual(['invoice.txt']);
  expect(await host.leftovers()).toEqual([]);
}

const orders = () => db.sql('shop', 'select count(*) from orders');
const invoice = () => readFile(join(uploads.folder, 'invoice.txt'), 'utf8');

async function writerRuns(): Promise<boolean> {
  const { json } = await restore(point, '--mode', 'database', '--dry-run');
  return json.plan!.writers[0]!.running;
}
