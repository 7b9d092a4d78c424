import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import type { Check } from '../support/contract.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;
let checks: Check[];

beforeAll(async () => {
  host = await createHost();
  // Of the server's own user and of the one that dumps its database alone: the container's variable holds one.
  const password = 'the same for both';
  db = await host.postgres('db', { databases: ['everything'], password });
  // Inside the server's own folder: what else it may write to differs from host to host.
  await db.sql('postgres', "set allow_in_place_tablespaces = on; create tablespace elsewhere_on_disk location '';");
  await db.sql('everything', await readFile(join(import.meta.dirname, 'everything-postgresql-can-hold.sql'), 'utf8'));
  await db.sql(
    'postgres',
    `create table in_postgres as select 'kept' as word;
     create database latin encoding 'LATIN1' locale 'C' template template0;
     create database german locale_provider icu icu_locale 'de' locale 'C' template template0 tablespace elsewhere_on_disk connection limit 7;
     create database bytes encoding 'SQL_ASCII' locale 'C' template template0;
     create role tenant login password '${password}'; create database owned owner tenant;
     create database frozen; alter database frozen owner to owner_of_things; comment on database frozen is 'nobody writes here';`,
  );
  await db.sql(
    'latin',
    `create table words as select convert_from('\\xe4f6fcdf', 'LATIN1') as word; create index on words (upper(word));`,
  );
  await db.sql(
    'german',
    `create table sorted as select w from unnest('{Zebra,Ärger,apfel,Öl}'::text[]) w; create table here (id int) tablespace pg_default;`,
  );
  await db.sql('bytes', "create table words as select E'\\xe4\\xff' as word; comment on table words is E'\\xfc';");
  await db.sql('owned', 'set role tenant; create schema mine; create table mine.things as select 1 as thing;');
  await db.sql('frozen', 'create table facts as select 1 as fact; alter database frozen set default_transaction_read_only = on;');
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [
          ...['everything', 'postgres', 'latin', 'bytes', 'german', 'frozen'].map((name) => ({
            name,
            container: db.container,
            ownership: 'keep',
            // Those whose locale, encoding or content is a matter of its own.
            plainSql: ['everything', 'latin', 'bytes', 'german'].includes(name),
          })),
          { name: 'owned', container: db.container, user: 'tenant' },
        ],
      },
      verification: {
        // What no comparison of rows and schema looks at.
        checks: [
          { name: 'filled', database: 'everything', sql: 'select sum(many) from summary', expect: { equals: 3 } },
          {
            name: 'sorted',
            database: 'german',
            sql: "select string_agg(w, ',' order by w) from sorted",
            expect: { equals: 'apfel,Ärger,Öl,Zebra' },
          },
          { name: 'encoding', database: 'latin', sql: 'show server_encoding', expect: { equals: 'LATIN1' } },
          { name: 'bytes', database: 'bytes', sql: "select encode(word::bytea, 'hex') from words", expect: { equals: 'e4ff' } },
          { name: 'settings', database: 'everything', sql: 'show work_mem', expect: { equals: '5MB' } },
          {
            name: 'owner',
            database: 'frozen',
            sql: "select pg_get_userbyid(datdba) || ': ' || shobj_description(oid, 'pg_database') from pg_database where datname = current_database()",
            expect: { equals: 'owner_of_things: nobody writes here' },
          },
          {
            name: 'large-object',
            database: 'everything',
            sql: `select convert_from(lo_get(70002), 'UTF8') || (select string_agg(privilege_type, ',') from pg_largeobject_metadata m, aclexplode(lomacl)
              where m.oid = 70002 and grantee = 'reader'::regrole)`,
            expect: { equals: 'abcSELECT' },
          },
        ],
      },
    },
  });
  await provenBackup(suite);
  checks = (await succeed(suite, 'show', 'latest')).json.proofs[0]!.checks;
});
afterAll(() => host.remove());

it('without a false alarm', () => {
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
});

it('table by table: partitions through their root unless a part of them is elsewhere', () => {
  const tables = checks.filter(({ kind, source }) => kind === 'table' && source === 'everything').map(({ name }) => name);
  expect(tables).toEqual(
    expect.arrayContaining([
      'public.kinds',
      'public.numbers',
      'public.by_range',
      'public.by_list',
      'public.by_hash',
      'public.with_far_1',
    ]),
  );
  expect(tables).toEqual(
    expect.arrayContaining([
      'public.parent',
      'public.child',
      'public.nothing',
      'public.private',
      'public.fast',
      'shop.by_default',
    ]),
  );
  expect(tables.filter((name) => /by_(range|list|hash|time)_|with_far$|far_away/.test(name))).toEqual([]);
  const rows = Object.fromEntries(
    checks
      .filter(({ kind }) => kind === 'table')
      .map(({ source, name, actual }) => [`${source} ${name}`, (actual as { rows: number }).rows]),
  );
  expect(rows).toMatchObject({
    'everything public.by_hash': 200,
    'everything public.widest': 2,
    'everything public.parent': 1,
    'everything public.nothing': 2,
    'everything public.private': 2,
    'postgres public.in_postgres': 1,
    'latin public.words': 1,
    'bytes public.words': 1,
    'owned mine.things': 1,
    'german public.sorted': 4,
    'frozen public.facts': 1,
  });
});

it('with its sequences, large objects and every kind of schema entry', async () => {
  const of = (kind: string) => checks.filter((check) => check.kind === kind && check.source === 'everything');
  expect(of('sequence').map(({ name, actual }) => [name, actual])).toEqual(
    expect.arrayContaining([
      ['public.serials_c_seq', '90'],
      ['public.unused', '42'],
      ['public.descending', '-7'],
      ['public.fast_id_seq', '2'],
    ]),
  );
  expect(of('large-objects')[0]!.actual).toMatchObject({ count: 5 });
  expect((of('schema')[0]!.actual as { entries: number }).entries).toBeGreaterThan(300);
  const roles = checks.find(({ name }) => name === 'roles')!;
  expect((roles.actual as { statements: number }).statements).toBeGreaterThan(15);
});

it('and is restored as it was: what would come back by itself is named first, and then every database swaps', async () => {
  const names = ['everything', 'postgres', 'latin', 'bytes', 'german', 'frozen'];
  const restore = (...words: string[]) => suite.run('restore', 'latest', '--mode', 'database', '--source', ...names, ...words);
  const carriedOut = ['--no-safety-point', '--confirm', suite.name];
  const refused = await restore(...carriedOut);
  expect([refused.exitCode, refused.json.error?.name], refused.stderr).toEqual([7, 'RestoreRefused']);
  expect(refused.json.plan!.problems).toEqual([
    { path: 'database-everything', value: 'SwapFailed', message: expect.stringMatching(/it has 1 subscriptions.*drop them/) },
  ]);

  await db.sql('everything', 'alter subscription from_elsewhere set (slot_name = none)');
  await db.sql('everything', 'drop subscription from_elsewhere');
  await db.sql('everything', 'drop schema public cascade');
  await db.sql('frozen', 'set default_transaction_read_only = off; drop table facts');
  const done = await restore(...carriedOut);
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  const { sources } = (await succeed(suite, 'assess')).json;
  expect(sources.map(({ state }) => state)).toEqual([...names, 'owned'].map(() => 'present'));
  const facts = await db.sql(
    'everything',
    `select convert_from(lo_get(70002), 'UTF8'), (select evtenabled from pg_event_trigger where evtname = 'on_ddl'),
       exists (select from pg_class where relname = 'private' and relrowsecurity and relforcerowsecurity),
       exists (select from pg_class where relname = 'fast' and relpersistence = 'u'),
       (select subenabled from pg_subscription s join pg_database d on d.oid = s.subdbid where datname = current_database()), current_setting('work_mem')`,
  );
  expect(facts, 'its subscription is there, and does nothing').toBe('abc|D|t|t|f|5MB');
  const place = `select pg_get_userbyid(datdba), shobj_description(d.oid, 'pg_database'),
    (select spcname || datconnlimit from pg_database g join pg_tablespace t on t.oid = g.dattablespace where g.datname = 'german')
    from pg_database d where datname = 'frozen'`;
  expect(await db.sql('postgres', place)).toBe('owner_of_things|nobody writes here|elsewhere_on_disk7');
  await succeed(suite, 'restore', '--forget');
  expect(await host.leftovers()).toEqual([]);
});
