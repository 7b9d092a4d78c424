import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { createHost } from '../support/host.ts';
import { quoted } from '../support/replaced-tools.ts';
import { STALLED, STALLING_DOWNLOAD } from '../support/slow-steps.ts';
import type { Container, Folder, Postgres, TestHost, Volume } from '../support/test-host.ts';
import { until } from '../support/until.ts';
import { TamperedVault } from '../support/vault.ts';

// Each starts several commands, and the first of them stands still before it is killed.
vi.setConfig({ testTimeout: 600_000 });

let host: TestHost;
let db: Postgres;
let uploads: Volume;
let configuration: Folder;
let writer: Container;
let suite: Suite;
let point: string;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  configuration = await host.directory({ 'settings.env': 'A=1\n' });
  writer = await host.container('api', { files: { 'app/x': 'x' } });
  await db.sql('shop', 'create table orders (id int primary key); insert into orders select generate_series(1, 9);');
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [{ name: 'shop', container: db.container }],
        volumes: [{ name: 'uploads', volume: uploads.name }],
        files: [{ name: 'settings', directory: configuration.folder, include: ['*.env'] }],
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
  await configuration.write({ 'settings.env': 'A=2\n' });
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
  const [half] = (await succeed(suite, 'list')).json.points;
  expect(half!.state).toBe('failed');
  const ofFailed = await restore(half!.id, '--mode', 'database', '--allow-unproven', '--confirm', suite.name);
  expect([ofFailed.exitCode, ofFailed.json.outcome, ofFailed.json.error?.name]).toEqual([7, 'refused', 'NotProven']);
  expect(ofFailed.json.error!.message).toContain('was never stored (it is failed)');
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
  const command = await stalled(4);
  expect(await orders()).toBe('9');
  command.killGroup('SIGKILL');
  await command.done;
  await host.hostTool.reset();
  await succeed(suite, 'verify', point);
  await expectAsBefore();
  const told = (await alertsOf(suite.home)).slice(before);
  expect(told.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: Aborted')]);
});

/** What a document or an agent has done is done, and the machine has not heard of it yet: nobody knows less than whoever is killed then. */
const DONE_BUT_UNTOLD = '\nsleep 1000 & wait';

interface Phase {
  readonly phase: string;
  /** Where it stands still: a host document at its end, an agent at its beginning. */
  readonly at: { document: string } | { agent: string };
  readonly words: () => string[];
  /** How the operator finds the way back. */
  readonly wayBack: 'undo' | 'resume';
}

const only =
  (mode: string, ...more: string[]) =>
  () => [point, '--mode', mode, ...more, '--no-safety-point', '--confirm', suite.name];
const PHASES: Phase[] = [
  { phase: 'the writers are stopped', at: { document: 'stop-writers' }, words: only('files'), wayBack: 'undo' },
  { phase: 'the roles are there', at: { document: 'create-roles' }, words: only('database'), wayBack: 'resume' },
  { phase: 'the new database is compared', at: { agent: 'compare-database' }, words: only('database'), wayBack: 'undo' },
  { phase: 'the databases are swapped', at: { document: 'swap-database' }, words: only('database'), wayBack: 'resume' },
  {
    phase: 'the rows of tables are replaced',
    at: { document: 'restore-tables' },
    words: only('tables', '--table', 'public.orders', '--replace'),
    wayBack: 'undo',
  },
  { phase: 'the new files are listed', at: { document: 'list-tree' }, words: only('files'), wayBack: 'resume' },
  { phase: 'the files are swapped', at: { document: 'swap-tree' }, words: only('files'), wayBack: 'resume' },
  { phase: 'the configuration is swapped', at: { document: 'swap-tree' }, words: only('config'), wayBack: 'undo' },
  { phase: 'the writers are started', at: { document: 'start-writers' }, words: only('files'), wayBack: 'resume' },
  { phase: 'the restore is recorded', at: { agent: 'record-restore' }, words: only('config'), wayBack: 'undo' },
];

describe('killed when', () => {
  it.each(PHASES)(
    '$phase, it leaves nothing running and nothing lost: --$wayBack finds the way',
    async ({ at, words, wayBack }) => {
      const before = (await alertsOf(suite.home)).length;
      const restoreId = await killedAt(at, words());
      if (wayBack === 'resume') {
        const resumed = await restore('--resume', restoreId, '--confirm', suite.name);
        expect([resumed.exitCode, resumed.json.outcome, resumed.json.error], resumed.stderr).toEqual([0, 'restored', null]);
        expect(resumed.json.steps.map(({ state }) => state)).toEqual(resumed.json.steps.map(() => 'swapped'));
      }
      const undone = await restore('--undo', restoreId);
      expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
      await expectAsBefore();
      const told = (await alertsOf(suite.home)).slice(before).map(({ subject }) => subject);
      expect(told.filter((subject) => subject.includes('failed'))).toEqual([expect.stringContaining('restore failed: Aborted')]);
    },
  );

  it('it plans, nothing is to be found: the next restore plans anew', async () => {
    const before = (await alertsOf(suite.home)).length;
    await killedAt({ document: 'inspect-tree' }, only('files')());
    await succeed(suite, 'restore', point, '--mode', 'files', '--dry-run');
    await expectAsBefore();
    expect(await alertsOf(suite.home)).toHaveLength(before);
  });

  it('it makes its safety point, nothing was touched, and that is told once', async () => {
    const before = (await alertsOf(suite.home)).length;
    const words = only('files')().filter((word) => word !== '--no-safety-point');
    const restoreId = await killedAt({ document: 'capture-volume' }, words);
    const { points } = (await succeed(suite, 'list')).json;
    expect(points[0]).toMatchObject({ state: 'failed', reason: { name: 'Aborted' }, label: `before restore ${restoreId}` });
    await expectAsBefore();
    expect((await alertsOf(suite.home)).slice(before)).toMatchObject([
      {
        subject: expect.stringContaining('restore failed: Aborted'),
        message: expect.stringContaining('Nothing of the suite was changed.'),
      },
    ]);
  });

  it('it is taken back, it is taken back by who asks again', async () => {
    const done = await restore(...only('database')());
    expect([done.exitCode, done.json.outcome], done.stderr).toEqual([0, 'restored']);
    await killedAt({ document: 'swap-database' }, ['--undo']);
    const undone = await restore('--undo', done.json.restoreId!);
    expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
    await expectAsBefore();
  });

  it('it is forgotten, it is forgotten by who asks again', async () => {
    const done = await restore(...only('database')());
    expect([done.exitCode, done.json.outcome], done.stderr).toEqual([0, 'restored']);
    await killedAt({ document: 'drop-database' }, ['--forget']);
    const forgotten = await restore('--forget', done.json.restoreId!);
    expect([forgotten.exitCode, forgotten.json.outcome, forgotten.json.error], forgotten.stderr).toEqual([0, 'forgotten', null]);
    expect(await orders()).toBe('9');
    expect(await db.sql('postgres', "select datname from pg_database where datname like 'shop%'")).toBe('shop');
    expect(await writerRuns()).toBe(true);
    expect(await host.leftovers()).toEqual([]);
  });
});

/** Kills a command and its engine while a step of it stands still; gives the id of the restore, when one was planned. */
async function killedAt(at: Phase['at'], words: string[]): Promise<string> {
  const assembly = new EditedAssembly(suite.home, suite.name);
  const begun = join(host.workspace, `begun-${randomUUID()}`);
  const wait = `await (await import('node:fs/promises')).writeFile(${JSON.stringify(begun)}, '');await new Promise((done) => setTimeout(done, 600000));`;
  if ('document' in at) await assembly.document(at.document, (script) => script + DONE_BUT_UNTOLD);
  else await assembly.function(at.agent, (code) => wait + code);
  const command = await suite.start('restore', ...words);
  if ('document' in at) await stalls();
  else await until(() => existsSync(begun), 240_000, 'the agent stands still');
  command.killGroup('SIGKILL');
  await command.done;
  await until(async () => (await host.leftovers()).length === 0, 30_000, 'nothing runs');
  if ('document' in at) await assembly.document(at.document, (script) => script.slice(0, -DONE_BUT_UNTOLD.length));
  else await assembly.function(at.agent, (code) => code.slice(wait.length));
  const plans = (await (await TamperedVault.open(suite.home)).keys()).filter((key) => key.endsWith('/plan.json'));
  return plans.at(-1)?.split('/').at(-2) ?? '';
}

/** A restore whose third download (the dump, after the roles, which the plan looked at before) or fourth one stops half way. */
async function stalled(download: 3 | 4 = 3) {
  const count = quoted(join(host.workspace, `downloads-${randomUUID()}`));
  const others = `echo >>${count}; (($(wc --lines <${count}) >= ${download})) || exec "$REAL" "$@"`;
  await host.hostTool.replace('curl', `${others}\n${STALLING_DOWNLOAD}`);
  const command = await suite.start('restore', ...FULL());
  await stalls();
  return command;
}

async function stalls(): Promise<void> {
  await until(async () => (await host.leftovers()).some((said) => STALLED.test(said)), 240_000, 'the download stalls');
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
  expect(await readFile(join(configuration.folder, 'settings.env'), 'utf8')).toBe('A=2\n');
  expect(await writerRuns()).toBe(true);
  expect(await db.sql('postgres', "select datname from pg_database where datname like 'shop%'")).toBe('shop');
  expect((await readdir(uploads.folder)).filter((name) => !name.startsWith('.suite-backup-restore-'))).toEqual(['invoice.txt']);
  expect(await host.leftovers()).toEqual([]);
}

const orders = () => db.sql('shop', 'select count(*) from orders');
const invoice = () => readFile(join(uploads.folder, 'invoice.txt'), 'utf8');

async function writerRuns(): Promise<boolean> {
  const { json } = await restore(point, '--mode', 'files', '--dry-run');
  return json.plan!.writers[0]!.running;
}
