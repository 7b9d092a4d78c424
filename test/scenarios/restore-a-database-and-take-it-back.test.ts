import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { Forgery } from '../support/forgery.ts';
import { createHost } from '../support/host.ts';
import { quoted } from '../support/replaced-tools.ts';
import type { Container, Postgres, TestHost } from '../support/test-host.ts';
import { until } from '../support/until.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let db: Postgres;
let writer: Container;
let suite: Suite;
let point: string;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  writer = await host.container('api', { files: { 'app/x': 'x' } });
  await db.sql(
    'shop',
    `create role app login;
     create table users (id serial primary key, name text not null);
     insert into users (name) select 'user ' || n from generate_series(1, 50) n;
     grant select on users to app;`,
  );
  const declared = { name: 'shop', container: db.container, ownership: 'keep' };
  const writers = [writer.container];
  suite = await createSuite({ host, suite: { sources: { databases: [declared] }, writers } });
  point = (await provenBackup(suite)).point!.id;
  // Since then the suite file only counts rows; the point has hashes, and is restored and compared by them.
  await suite.rewrite({ sources: { databases: [{ ...declared, fingerprint: 'count' }] }, writers });
  await db.sql('shop', 'delete from users where id > 10; create table newer (n int); drop role if exists nobody_at_all;');
});
afterAll(() => host.remove());

const restore = (...words: string[]) => suite.run('restore', ...words);
const carriedOut = () => ['--no-safety-point', '--confirm', suite.name];
const users = () => db.sql('shop', 'select count(*) from users');

it('shows the plan, touches nothing, and says what to type', async () => {
  const planned = await restore('latest', '--mode', 'database', '--dry-run');
  expect([planned.exitCode, planned.json.outcome, planned.json.error], planned.stderr).toEqual([0, 'planned', null]);
  expect(planned.json.plan).toMatchObject({
    point,
    mode: 'database',
    state: 'proven',
    stopsWriters: true,
    writers: [{ container: writer.container, running: true }],
    safetyPoint: true,
    problems: [],
    items: [
      { kind: 'globals', previous: null },
      { kind: 'database', source: 'shop', target: 'shop', exists: true, previous: `shop_before_${point}` },
    ],
  });
  expect(planned.json.plan!.etaSeconds).toBeGreaterThan(0);
  const unconfirmed = await restore('latest-proven', '--mode', 'database');
  const misspelt = await restore(point, '--mode', 'database', '--confirm', 'another-suite');
  for (const { exitCode, json } of [unconfirmed, misspelt]) {
    expect([exitCode, json.outcome, json.error!.name]).toEqual([7, 'refused', 'Refused']);
    expect(json.error!.message).toContain(`--confirm ${suite.name}`);
  }
  expect(await users()).toBe('10');
  expect(await alertsOf(suite.home)).toEqual([]);
});

it('says which tables are not as they were, by what the point knows of them', async () => {
  const { exitCode, json, stderr } = await suite.run('assess');
  expect([exitCode, json.error?.name], stderr).toEqual([3, 'SourcesDiffer']);
  expect(json.sources[0]!.tables!.map(({ name, state }) => [name, state])).toEqual([
    ['public.users', 'differs'],
    ['public.newer', 'extra'],
  ]);
});

it('refuses what is not there: a source, a point', async () => {
  const source = await restore('latest', '--mode', 'database', '--source', 'store', '--confirm', suite.name);
  expect([source.exitCode, source.json.outcome, source.json.error!.name]).toEqual([7, 'refused', 'RestoreRefused']);
  expect(source.json.error!.message).toMatch(/store: .*it has shop/);
  const id = await restore('20200101T000000Z', '--mode', 'database');
  expect([id.exitCode, id.json.error!.name]).toEqual([4, 'NotFound']);
  for (const undo of [await restore('--undo'), await restore('--undo', '20200101T000000Z-abcdef')]) {
    expect([undo.exitCode, undo.json.error!.name]).toEqual([4, 'NotFound']);
  }
  expect(await alertsOf(suite.home)).toEqual([]);
});

it('puts the database back while its application comes back all the time, and undoes it unless rows would be lost', async () => {
  const clients = [reconnecting(), reconnecting()];
  onTestFinished(() => Promise.all(clients.map((client) => client.stop())).then(() => undefined));
  await until(() => clients.every(({ counts }) => counts.length > 0), 30_000, 'the application works');
  const done = await restore('latest', '--mode', 'database', ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  for (const client of clients) {
    // No error stays, and all it ever sees is the old or, from one moment on, the new.
    await until(() => client.counts.at(-1) === 50, 30_000, 'the application works again');
    await client.stop();
    expect(client.counts.filter((count, index) => count !== client.counts[index - 1])).toEqual([10, 50]);
    const ofStatements = client.errors.filter((code) => code.startsWith('42'));
    expect(ofStatements, 'a table or a right is missing').toEqual([]);
  }
  expect(done.json.previous).toEqual([{ source: 'shop', kind: 'database', was: 'shop', now: `shop_before_${point}` }]);
  expect(done.json.steps.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['globals swapped', 'database swapped']);
  expect(await users()).toBe('50');
  expect(await db.sql('shop', "select has_table_privilege('app', 'users', 'select')")).toBe('t');
  expect(await db.sql(`shop_before_${point}`, 'select count(*) from users')).toBe('10');
  const alerts = await alertsOf(suite.home);
  expect(alerts.map(({ subject }) => subject)).toEqual([`${suite.name}: restore done (${point})`]);
  expect(alerts[0]!.message, 'what --undo wants to know').toContain(done.json.restoreId);
  expect((await suite.run('status')).json.restores).toMatchObject([
    { restoreId: done.json.restoreId, point, mode: 'database', outcome: 'restored', keepsOld: true },
  ]);
  expect(await host.leftovers()).toEqual([]);

  await db.sql('shop', "insert into users (name) values ('since'), ('then')");
  // The server gathers its statistics a moment later.
  await db.sql('shop', 'select pg_sleep(0)');
  const refused = await restore('--undo');
  expect([refused.exitCode, refused.json.outcome, refused.json.error?.name], refused.stderr).toEqual([7, 'refused', 'NewWrites']);
  expect(refused.json.error!.message).toContain('2 rows were written since the restore: database-shop (public.users: 2).');
  expect(await users()).toBe('52');
  const undone = await restore('--undo', done.json.restoreId!, '--discard-new-writes');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  expect(await users()).toBe('10');
  expect(await databases()).toEqual(['shop']);
  const again = await restore('--undo');
  expect([again.exitCode, again.json.outcome, again.json.error], again.stderr).toEqual([0, 'undone', null]);
  expect(await users()).toBe('10');
  expect(await alertsOf(suite.home)).toHaveLength(1);
  expect(await host.leftovers()).toEqual([]);
});

it('lets in one at a time, stops the writers meanwhile, and forgets the old when it is told to', async () => {
  const gate = join(host.workspace, 'gate');
  // Of a plan and a restore only the latter reads the dump.
  await host.hostTool.replace('tee', `until [[ -e ${quoted(gate)} ]]; do sleep 0.05; done\nexec "$REAL" "$@"`);
  const first = await suite.start('restore', 'latest', '--mode', 'database', ...carriedOut());
  await first.waitForLine(/▸ Restore the database beside the old/);
  const second = await restore('latest', '--mode', 'database', ...carriedOut());
  expect([second.exitCode, second.json.outcome, second.json.error?.name], second.stderr).toEqual([6, 'locked', 'LockHeld']);
  expect(second.json.plan!.writers).toMatchObject([{ container: writer.container, running: false }]);
  const backup = await suite.run('backup');
  expect([backup.exitCode, backup.json.outcome]).toEqual([6, 'locked']);
  expect((await suite.run('status')).json.running).toMatchObject([{ workflow: 'restore' }]);
  await writeFile(gate, '');
  const { exitCode, json, stderr } = await first.done;
  await host.hostTool.reset();
  expect([exitCode, json.outcome, json.error], stderr).toEqual([0, 'restored', null]);
  const planned = await restore('latest', '--mode', 'database', '--dry-run');
  expect(planned.json.plan!.writers).toMatchObject([{ running: true }]);
  expect(planned.json.plan!.etaFrom).toContain('measured in the restore of');

  const forgotten = await restore('--forget');
  expect([forgotten.exitCode, forgotten.json.outcome, forgotten.json.error], forgotten.stderr).toEqual([0, 'forgotten', null]);
  expect(await databases()).toEqual(['shop']);
  expect(await users()).toBe('50');
  const undo = await restore('--undo');
  expect([undo.exitCode, undo.json.error!.name]).toEqual([7, 'RestoreRefused']);
});

it('refuses an unproven point, and puts nothing in place that is not what was captured', async () => {
  await db.sql('shop', 'delete from users where id > 20');
  const vault = await TamperedVault.open(suite.home);
  await vault.delete(await vault.key(/\.passed\.json$/));
  const refused = await restore('latest', '--mode', 'database', ...carriedOut());
  expect([refused.exitCode, refused.json.outcome, refused.json.error?.name]).toEqual([7, 'refused', 'NotProven']);
  const dump = await vault.key(/\.dump\.zst$/);
  await vault.flipBit(dump);
  const before = await users();
  const damaged = await restore('latest', '--mode', 'database', '--allow-unproven', ...carriedOut());
  expect([damaged.exitCode, damaged.json.outcome, damaged.json.error?.name], damaged.stderr).toEqual([
    5,
    'put-back',
    'ArchiveUnreadable',
  ]);
  expect(await users()).toBe(before);
  await vault.flipBit(dump);
  const allowed = await restore('latest', '--mode', 'database', '--allow-unproven', ...carriedOut());
  expect([allowed.exitCode, allowed.json.outcome, allowed.json.error], allowed.stderr).toEqual([0, 'restored', null]);
  expect(await users()).toBe('50');
  await succeed(suite, 'restore', '--forget');
  await db.sql('shop', 'delete from users where id > 20');

  const told = (await alertsOf(suite.home)).length;
  const forgery = new Forgery(vault, point);
  await forgery.changeRow('shop', 'user 49', 'user XX');
  const forged = await restore('latest', '--mode', 'database', '--allow-unproven', ...carriedOut());
  expect([forged.exitCode, forged.json.outcome, forged.json.error?.name], forged.stderr).toEqual([
    7,
    'refused',
    'RestoreRefused',
  ]);
  expect(forged.json.error!.message).toContain('is not what was signed');
  await forgery.sign(suite);
  const failed = await restore('latest', '--mode', 'database', '--allow-unproven', ...carriedOut());
  expect([failed.exitCode, failed.json.outcome, failed.json.error?.name], failed.stderr).toEqual([
    5,
    'put-back',
    'FingerprintMismatch',
  ]);
  expect(failed.json.error!.message).toContain(`Everything is as it was before the restore of ${point}`);
  expect(await users()).toBe('20');
  expect(await databases()).toEqual(['shop']);
  const alerts = (await alertsOf(suite.home)).slice(told);
  expect(alerts.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: FingerprintMismatch')]);
  expect(alerts[0]!.message).toContain('Everything is as it was');
  expect((await restore('latest', '--mode', 'database', '--dry-run')).json.plan!.writers).toMatchObject([{ running: true }]);
  expect(await host.leftovers()).toEqual([]);
});

async function databases(): Promise<string[]> {
  const names = await db.sql('postgres', "select datname from pg_database where datname like 'shop%' order by 1");
  return names.split('\n');
}

interface Reconnecting {
  /** Rows that its queries saw, in the order of their answers. */
  readonly counts: number[];
  /** Codes of what went wrong: PostgreSQL's, or of the network. */
  readonly errors: string[];
  stop(): Promise<void>;
}

/** One of an application's pool: it opens a new connection whenever one is lost. */
function reconnecting(): Reconnecting {
  let stopped = false;
  const counts: number[] = [];
  const errors: string[] = [];
  const work = async () => {
    while (!stopped) {
      const client = new Client(db.client('shop'));
      client.on('error', () => {});
      try {
        await client.connect();
        for (let n = 0; n < 20 && !stopped; n++) {
          const { rows } = await client.query<{ count: string }>('select count(*) from users');
          counts.push(Number(rows[0]!.count));
        }
      } catch (error) {
        // It comes back at once.
        errors.push((error as { code?: string }).code ?? '');
      }
      await client.end().catch(() => {});
    }
  };
  const working = work();
  const stop = () => {
    stopped = true;
    return working;
  };
  return { counts, errors, stop };
}
