import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';
import { until } from '../support/until.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', `create table big as select n as id, repeat(md5(n::text), 32) as text from generate_series(1, 10000) n`);
  suite = await createSuite({ host, suite: { sources: { databases: [{ name: 'shop', container: db.container }] } } });
});
afterAll(() => host.remove());
afterEach(() => db.binaries.reset());

const drop = `psql -XAtqc 'drop table victim' </dev/null >/dev/null 2>&1`;
const whenDumping = (script: string) => `[[ " $* " == *' --format=custom '* ]] || exec "$REAL" "$@"\n${script}`;
const makeVictim = () => db.sql('shop', 'create table victim (id int); insert into victim select generate_series(1, 7);');
const victims = () => db.sql('shop', "select count(*) from pg_class where relname = 'victim'");

it('fails when it went before the dump could lock it', async () => {
  await makeVictim();
  await db.binaries.replace('pg_dump', whenDumping(`${drop}\nexec "$REAL" "$@"`));
  const { backup } = await failedBackup(suite, 3, 'DumpFailed');
  expect(backup.error!.problems).toEqual([
    { path: 'database-shop', value: 'DumpFailed', message: expect.stringMatching(/"shop".*victim.*does not exist/) },
  ]);
  expect(await victims()).toBe('0');
});

it('is captured whole when the drop came later: it waits for the dump and its fingerprint', async () => {
  await makeVictim();
  const locks = `psql -XAtqc "select count(*) from pg_locks where relation = 'victim'::regclass and granted" </dev/null`;
  await db.binaries.replace(
    'pg_dump',
    whenDumping(`"$REAL" "$@" | {
      head -c 100000
      until [[ $(${locks}) -ge 2 ]]; do sleep 0.05; done # those of pg_dump and of the session that takes the fingerprint
      ${drop} &
      cat
    }
    exit "\${PIPESTATUS[0]}"`),
  );
  const { point } = await provenBackup(suite);
  const { checks } = (await succeed(suite, 'show', point!.id)).json.proofs[0]!;
  expect(checks.find(({ name }) => name === 'public.victim')).toMatchObject({
    kind: 'table',
    ok: true,
    expected: { rows: 7 },
    actual: { rows: 7 },
  });
  await until(async () => (await victims()) === '0', 5000, 'the table is dropped once the backup has let it go');
});

it('fails when tables were made again, rewritten or emptied before the dump could lock them: its snapshot would show them without rows', async () => {
  await db.sql(
    'shop',
    'create table victim (id int); create table rewritten as select 1 as id; create table emptied as select 1 as id',
  );
  const migration = `drop table victim; create table victim (id int); insert into victim values (8);
    alter table rewritten alter id type bigint; truncate emptied`;
  await db.binaries.replace('pg_dump', whenDumping(`psql -XAtqc '${migration}' </dev/null\nexec "$REAL" "$@"`));
  const { backup } = await failedBackup(suite, 3, 'DumpFailed');
  for (const table of ['victim', 'rewritten', 'emptied'])
    expect(backup.error!.problems[0]!.message).toContain(`"public.${table}"`);
  expect(backup.error!.problems[0]!.message).toMatch(
    /^Tables of "shop" were truncated, rewritten or replaced while the dump began/,
  );
  await db.binaries.reset();
  await provenBackup(suite);
});
