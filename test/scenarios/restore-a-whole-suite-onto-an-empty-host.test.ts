import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import { quoted } from '../support/replaced-tools.ts';
import type { Container, Folder, Postgres, TestHost, Volume } from '../support/test-host.ts';
import { writeTree } from '../support/tree.ts';

let host: TestHost;
let db: Postgres;
let app: Container;
let writer: Container;
let uploads: Volume;
let pictures: Volume;
let configuration: Folder;
let tight: string;
let suite: Suite;
let point: string;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  const ofCompose = { 'com.docker.compose.project': host.name, 'com.docker.compose.volume': `${host.name}-files` };
  uploads = await host.volume('uploads', { 'drawing.pdf': 'drawing', 'sub/notes.txt': 'notes' }, ofCompose);
  pictures = await host.volume('pictures', { 'plant.png': 'plant' });
  app = await host.container('app', { files: { 'app/exports/a.csv': '1,2\n' } });
  writer = await host.container('api', { files: { 'app/x': 'x' } });
  configuration = await host.directory({ 'settings.env': 'A=1\n' });
  const room = await host.limitScratch(8_000_000);
  tight = join(host.environment.TMPDIR!, 'data');
  await room();
  await writeTree(tight, { 'large.bin': Buffer.alloc(6_000_000, 'x') });
  await db.sql(
    'shop',
    `create role clerk login; create table users (id int primary key); insert into users select generate_series(1, 7);
     grant select on users to clerk; create role keeper;
     create subscription elsewhere connection 'dbname=none' publication of_it with (connect = false);`,
  );
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [{ name: 'shop', container: db.container, ownership: 'keep' }],
        // As compose calls it: it is found by its label only.
        volumes: [
          { name: 'uploads', volume: `${host.name}-files` },
          { name: 'pictures', volume: pictures.name },
        ],
        paths: [{ name: 'exports', container: app.container, path: '/app/exports' }],
        files: [
          { name: 'settings', directory: configuration.folder, include: ['*.env'] },
          { name: 'tight', directory: tight, include: ['*.bin'] },
        ],
      },
      writers: [writer.container],
    },
  });
  point = (await provenBackupBesideTight()).point!.id;
  // One that is there now would stand in the way.
  await db.sql('shop', 'alter subscription elsewhere set (slot_name = none)');
  await db.sql('shop', 'drop subscription elsewhere');
});
afterAll(() => host.remove());

/** The mounted folder is what `leftovers` would tell of. */
async function provenBackupBesideTight() {
  const { json } = await succeed(suite, 'backup');
  expect(json.outcome).toBe('proven');
  return json;
}

const FULL = () => ['latest', '--mode', 'full', '--no-safety-point', '--confirm', suite.name];

it('says where space is missing and what could not be compared, and touches nothing', async () => {
  await host.hostTool.replace('zstd', 'echo "no codec" >&2; exit 1');
  const refused = await suite.run('restore', ...FULL());
  await host.hostTool.reset();
  expect([refused.exitCode, refused.json.outcome, refused.json.error?.name], refused.stderr).toEqual([
    7,
    'refused',
    'SpaceMissing',
  ]);
  expect(refused.json.plan!.problems).toMatchObject([
    { path: 'files-tight', message: expect.stringMatching(/6\.0 MB are needed/) },
  ]);
  const [database, ...trees] = refused.json.plan!.assessment!;
  expect(database).toMatchObject({ source: 'shop', state: 'present' });
  expect(trees.map(({ state }) => state)).toEqual(Array(5).fill('missing'));
  for (const { message } of trees) expect(message).toMatch(/^[A-Z][A-Za-z]+: .*no codec/);
});

it('brings everything back where nothing is left, databases first', async () => {
  await rm(join(tight, 'large.bin'));
  await db.sql('postgres', 'drop database shop; drop role clerk; alter role keeper createdb');
  await uploads.remove();
  await pictures.delete('plant.png');
  await app.delete('app/exports');
  await configuration.delete('settings.env');
  const assessed = await suite.run('assess', point);
  expect([assessed.exitCode, assessed.json.error?.name], assessed.stderr).toEqual([3, 'SourcesDiffer']);
  expect(assessed.json.sources.map(({ source, state }) => `${source} ${state}`)).toEqual([
    'shop missing',
    'uploads missing',
    'pictures empty',
    'exports missing',
    'settings missing',
    'tight missing',
  ]);

  const done = await suite.run('restore', ...FULL());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(done.json.plan!.assessment).toEqual(assessed.json.sources);
  // What does not come back as it was is told before and after.
  const told = [
    { name: 'RolesDiffer', message: expect.stringMatching(/stay as they are: keeper\.$/) },
    { name: 'SubscriptionsDisabled', message: expect.stringMatching(/"shop" come back disabled.*: elsewhere\.$/) },
  ];
  expect(done.json.plan!.items.flatMap(({ warnings }) => warnings)).toEqual(told);
  expect(done.json.warnings).toEqual(told);
  expect((await alertsOf(suite.home)).at(-1)!.message).toContain(done.json.warnings[0]!.message);
  expect(await db.sql('shop', 'select bool_or(subenabled) from pg_subscription')).toBe('f');
  expect(done.json.plan!.items.map(({ source }) => source)).toEqual([
    expect.stringContaining('db'),
    'shop',
    'settings',
    'tight',
    'uploads',
    'pictures',
    'exports',
  ]);
  // The volume is found by its label again, so it was made with its labels and by its own name.
  expect((await succeed(suite, 'assess', point)).json.sources.map(({ state }) => state)).toEqual(Array(6).fill('present'));
  expect(await db.sql('shop', "select has_table_privilege('clerk', 'users', 'select')")).toBe('t');
  const { json } = await suite.run('restore', '--forget');
  expect([json.outcome, json.error]).toEqual(['forgotten', null]);
});

it('a disk that fills only during the restore: everything is put back, and the alert says so', async () => {
  // Its workers would come back at once, so nothing is swapped as long as it is there.
  await db.sql('shop', 'alter subscription elsewhere set (slot_name = none); drop subscription elsewhere');
  await rm(join(tight, 'large.bin'));
  await db.sql('shop', 'delete from users where id > 3');
  await configuration.write({ 'settings.env': 'A=2\n' });
  const told = (await alertsOf(suite.home)).length;
  // Somebody else takes the room that was there when it was planned.
  const filler = join(tight, '..', 'filler');
  await host.hostTool.replace(
    'tar',
    `[[ " $* " != *" --extract "* || " $* " != *"--directory=${tight}/"* ]] || head --bytes=5M /dev/zero >${quoted(filler)}
     exec "$REAL" "$@"`,
  );
  const failed = await suite.run('restore', ...FULL());
  await host.hostTool.reset();
  await rm(filler);
  expect([failed.exitCode, failed.json.outcome, failed.json.error?.name], failed.stderr).toEqual([3, 'put-back', 'DiskFull']);
  expect(failed.json.plan!.problems).toEqual([]);
  expect(failed.json.steps.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    'globals swapped',
    'database back',
    'files back',
    'files back',
    'volume waiting',
    'volume waiting',
    'path waiting',
  ]);
  expect(failed.json.error!.message).toContain(`Everything is as it was before the restore of ${point}`);
  expect(await db.sql('shop', 'select count(*) from users')).toBe('3');
  expect(await databases()).toBe('shop');
  expect(await readFile(join(configuration.folder, 'settings.env'), 'utf8')).toBe('A=2\n');
  expect(await readdir(tight)).toEqual([]);
  const alerts = (await alertsOf(suite.home)).slice(told);
  expect(alerts.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: DiskFull')]);
  expect(alerts[0]!.message).toContain('Everything is as it was');
  expect((await succeed(suite, 'restore', ...FULL().slice(0, 3), '--dry-run')).json.plan!.writers).toMatchObject([
    { container: writer.container, running: true },
  ]);
});

it('onto a half-broken host: tells what is affected and must be made first, then brings all of it back', async () => {
  await db.sql(
    'postgres',
    "select format($$cat >/dev/null; rm base/%s/PG_VERSION$$, oid) as rm from pg_database where datname = $$shop$$ \\gset\ncopy (select) to program :'rm'",
  );
  await pictures.remove();
  await app.remove();
  const refused = await suite.run('restore', ...FULL());
  expect([refused.exitCode, refused.json.outcome, refused.json.error?.name], refused.stderr).toEqual([
    7,
    'refused',
    'RestoreRefused',
  ]);
  const damaged = refused.json.plan!.items.find(({ kind }) => kind === 'database')!;
  expect(damaged.warnings).toContainEqual({
    name: 'DatabaseUnreachable',
    message: expect.stringContaining('not a valid data directory'),
  });
  expect(refused.json.plan!.problems).toMatchObject([
    { path: 'path-exports', message: expect.stringContaining(`There is no container "${app.container}". Make it first`) },
  ]);
  const states = refused.json.plan!.assessment!.map(({ source, state }) => `${source} ${state}`);
  expect(states).toEqual([
    'shop missing',
    'uploads present',
    'pictures missing',
    'exports missing',
    'settings differs',
    'tight missing',
  ]);

  app = await host.container('app');
  const done = await suite.run('restore', ...FULL());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect((await succeed(suite, 'assess', point)).json.sources.map(({ state }) => state)).toEqual(Array(6).fill('present'));
  expect(await databases()).toBe(`shop\nshop_before_${point}`);
  await succeed(suite, 'restore', '--forget');
  expect(await databases()).toBe('shop');
  // So that they are removed with the host.
  await host.volume('uploads');
  await host.volume('pictures');
});

function databases(): Promise<string> {
  return db.sql('postgres', "select datname from pg_database where datname like 'shop%' order by 1");
}
