import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;
let point: string;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql(
    'shop',
    `create table customers (id serial primary key, name text not null);
     create table orders (id serial primary key, customer int not null references customers, total numeric);
     create table "Odd Name" (n int);
     create table gone as select 'lost' as word;
     insert into customers (name) select 'customer ' || n from generate_series(1, 5) n;
     insert into orders (customer, total) select 1 + n % 5, n from generate_series(1, 20) n;
     insert into "Odd Name" values (1);`,
  );
  suite = await createSuite({ host, suite: { sources: { databases: [{ name: 'shop', container: db.container }] } } });
  point = (await provenBackup(suite)).point!.id;
  await db.sql(
    'shop',
    'delete from orders where id > 5; update customers set name = \'changed\'; alter table "Odd Name" add column m int; drop table gone;',
  );
});
afterAll(() => host.remove());

const tables = (...words: string[]) => suite.run('restore', point, '--mode', 'tables', ...words);
const carriedOut = () => ['--no-safety-point', '--confirm', suite.name];

it('knows every table by its exact name before anything is touched', async () => {
  const unknown = await tables('--table', 'public.customer', ...carriedOut());
  expect([unknown.exitCode, unknown.json.outcome, unknown.json.error?.name]).toEqual([7, 'refused', 'TableNotFound']);
  expect(unknown.json.error!.message).toMatch(/public\.customer is no table of .* It has .*public\.customers/);
  const differs = await tables('--table', 'public.Odd Name', '--replace', ...carriedOut());
  expect([differs.exitCode, differs.json.error?.name], differs.stderr).toEqual([7, 'TableDiffers']);
  expect(differs.json.error!.message).toContain('the point lacks m');
  const gone = await tables('--table', 'public.gone', '--replace', ...carriedOut());
  expect([gone.exitCode, gone.json.error?.name], gone.stderr).toEqual([7, 'TableNotFound']);
  expect(gone.json.error!.message).toContain('The live database has no table public.gone');
  const unnamed = await tables();
  expect([unnamed.exitCode, unnamed.json.error?.name]).toEqual([2, 'UsageInvalid']);
  expect(await alertsOf(suite.home)).toEqual([]);
});

it('restores side by side into a schema of its own, and takes that away again', async () => {
  const done = await tables('--table', 'public.orders', 'public.Odd Name', 'public.gone', ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(await db.sql('shop', `select count(*) from "restored_${point}".orders`)).toBe('20');
  expect(await db.sql('shop', `select n from "restored_${point}"."Odd Name"`)).toBe('1');
  expect(await db.sql('shop', `select word from "restored_${point}".gone`)).toBe('lost');
  expect(await db.sql('shop', 'select count(*) from orders')).toBe('5');
  const undone = await suite.run('restore', '--undo');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  expect(await schemas()).toBe('public');
  expect(await host.leftovers()).toEqual([]);
});

it('replaces contents in one transaction, all or nothing, and puts the old rows back', async () => {
  await db.sql('shop', "insert into customers (id, name) values (77, 'new'); insert into orders (customer) values (77)");
  const violated = await tables('--table', 'public.customers', '--replace', ...carriedOut());
  expect([violated.exitCode, violated.json.outcome, violated.json.error?.name], violated.stderr).toEqual([
    1,
    'put-back',
    'ForeignKeyViolated',
  ]);
  expect(violated.json.error!.message).toContain('orders_customer_fkey');
  expect(await db.sql('shop', "select count(*) from customers where name = 'changed'")).toBe('5');
  expect(await schemas()).toBe('public');

  const done = await tables('--table', 'public.customers', 'public.orders', '--replace', ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(await db.sql('shop', 'select count(*), sum(total) from orders')).toBe('20|210');
  expect(await db.sql('shop', "select count(*) from customers where name like 'customer %'")).toBe('5');
  // Only what was replaced is counted: two rows more, one changed, one gone.
  await db.sql(
    'shop',
    `insert into orders (customer) values (1), (2); update customers set name = 'later' where id = 3; delete from orders where id = 20;
     insert into "Odd Name" values (2);`,
  );
  const refused = await suite.run('restore', '--undo');
  expect([refused.exitCode, refused.json.outcome, refused.json.error?.name], refused.stderr).toEqual([7, 'refused', 'NewWrites']);
  expect(refused.json.error!.message).toBe(
    '4 rows were written since the restore: database-shop (public.orders: 3, public.customers: 1).',
  );
  expect(await db.sql('shop', 'select count(*) from orders')).toBe('21');
  const undone = await suite.run('restore', '--undo', '--discard-new-writes');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  expect(await db.sql('shop', 'select count(*) from orders')).toBe('6');
  expect(await db.sql('shop', 'select count(*) from customers')).toBe('6');
  expect(await schemas()).toBe('public');
  expect(await host.leftovers()).toEqual([]);
});

it('forgets the old rows when it is told to', async () => {
  const done = await tables('--table', 'public.customers', 'public.orders', '--replace', ...carriedOut());
  expect([done.exitCode, done.json.outcome], done.stderr).toEqual([0, 'restored']);
  expect(await schemas()).toBe(`before_${point}\npublic`);
  const forgotten = await suite.run('restore', '--forget');
  expect([forgotten.exitCode, forgotten.json.outcome], forgotten.stderr).toEqual([0, 'forgotten']);
  expect(await schemas()).toBe('public');
});

function schemas(): Promise<string> {
  return db.sql('shop', "select nspname from pg_namespace where nspname !~ '^(pg_|information)' order by 1");
}
