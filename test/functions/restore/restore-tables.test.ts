import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, DatabaseMachine } from './database-machine.ts';

const ODD = 'o\'d "n" $(id)\n\\t.able';
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const odd = `${identifier(ODD)}.${identifier(ODD)}`;
const [SCHEMA, BESIDE] = ['restored_20261123T020000Z', 'beside'];

// A test runs many documents, each of which goes into its container many times.
vi.setConfig({ testTimeout: 240_000 });

let machine: DatabaseMachine;
let point: ReturnType<DatabaseMachine['capture']>;
const sql = (text: string) => machine.db.sql('shop', text);
/** Everything the database holds, as text. */
const rows = () =>
  sql(
    `select (select json_agg(u order by id) from users u), (select json_agg(o order by id) from orders o), (select json_agg(t) from ${odd} t),
       (select json_agg(l) from log l)`,
  );
const restore = (tables: string[], replace: boolean): Answer =>
  machine.run('restore-tables', {
    database: 'shop',
    beside: BESIDE,
    schema: replace ? '' : SCHEMA,
    previousSchema: replace ? SCHEMA : '',
    replace: String(replace),
    tables,
    url: point.url,
  });
const undo = (tables: string[], replaced: boolean, direction: 'back' | 'forget' = 'back'): Answer =>
  machine.run('return-tables', {
    database: 'shop',
    schema: replaced ? '' : SCHEMA,
    previousSchema: replaced ? SCHEMA : '',
    tables,
    direction,
  });

beforeAll(async () => {
  machine = await DatabaseMachine.start(['shop']);
  await sql(`
    create table users (id int generated always as identity primary key, name text, best int references users, up text generated always as (upper(name)) stored);
    insert into users (name, best) values ('ann', 2), ('bob', 1);
    create table orders (id serial primary key, "user" int not null references users on delete cascade, mood text check (mood <> 'bad'));
    insert into orders ("user", mood) values (1, 'good'), (2, null);
    create schema ${identifier(ODD)}; create table ${odd} (${identifier(ODD)} text); insert into ${odd} values (E'\\\\.\\n\\t''"');
    create table log (what text);
    create function note() returns trigger language plpgsql as $$ begin insert into log values (tg_table_name || ' ' || tg_op); return null; end $$;
    create trigger note after insert or update or delete on users for each row execute function note();
    create function note_ddl() returns event_trigger language plpgsql as $$ begin insert into log values (tg_tag); end $$;
    create event trigger note_ddl on ddl_command_end execute function note_ddl();
    create table parts (n int) partition by list (n); create table parts_1 partition of parts for values in (1); create table parts_2 partition of parts default;
    insert into parts values (1), (2);
    delete from log;`);
  point = machine.capture('shop');
});
afterAll(() => machine.stop());

describe('tables side by side', () => {
  beforeEach(() => undo([], false));

  it('lie in a schema of their own, with nothing that could reach the live ones', async () => {
    await sql(`delete from ${odd}; delete from parts;`);
    const before = await rows();
    const { said, log } = restore(['public.orders', odd, 'public.parts'], false);
    expect(said, log).toMatchObject({
      schema: SCHEMA,
      tables: [
        { name: 'public.orders', rows: 2 },
        { name: odd, rows: 1 },
        { name: 'public.parts', rows: 2 },
      ],
    });
    expect(await rows()).toBe(before);
    expect(
      await sql(
        `select (select count(*) from ${identifier(SCHEMA)}.orders), (select count(*) from parts), (select count(*) from ${identifier(SCHEMA)}.${identifier(ODD)}),
           (select count(*) from pg_constraint where contype = 'f' and connamespace = '${identifier(SCHEMA)}'::regnamespace)`,
      ),
    ).toBe('2|0|1|0');
    expect(await machine.databases()).toEqual(['shop']);
    expect(restore(['public.orders'], false).said).toMatchObject({ schema: SCHEMA, sha256: said.sha256 });
    expect(undo(['public.orders'], false).said).toEqual({ tables: [] });
    expect(await rows()).toBe(before);
    await sql(`insert into ${odd} values (E'\\\\.\\n\\t''"'); insert into parts values (1), (2);`);
  });

  it('that the point does not hold are an error before anything is touched', async () => {
    const { said } = restore(['public.orders', 'public.order'], false);
    expect(said.error).toMatchObject({ name: 'TableNotFound', message: expect.stringContaining('public.order.') });
    expect(await sql(`select count(*) from pg_namespace where nspname = '${SCHEMA}'`)).toBe('0');
    expect(await machine.databases()).toEqual(['shop']);
  });
});

describe('the contents of tables', () => {
  it('are replaced in one moment, without a trigger, and come back', async () => {
    const captured = await rows();
    await sql(`delete from orders where id = 1; update users set name = 'eve' where id = 1; insert into users (name) values ('new');
      delete from ${odd}; delete from parts; insert into parts values (3); delete from log; select setval('orders_id_seq', 1, false);`);
    const before = await rows();
    const tables = ['public.users', 'public.orders', odd, 'public.parts'];
    const { said, log } = restore(tables, true);
    expect(said.error, log).toBeUndefined();
    expect(await rows()).toBe(captured);
    expect(
      machine
        .differences('shop', point.fingerprint)
        .filter(({ name }) => !name.includes(SCHEMA))
        .map(({ name }) => name),
    ).toEqual([
      // It went on, and a sequence is never put back to where it would give a number twice.
      'public.users_id_seq',
    ]);
    expect(restore(tables, true).said).toMatchObject({ sha256: said.sha256 });
    await sql('insert into orders ("user") values (1); insert into log values (\'elsewhere\')');
    const counted = machine.run('count-writes', { database: 'shop', oid: '', baseline: JSON.stringify(said.writes) });
    expect(counted.said).toEqual({ rows: 1, tables: [{ table: 'public.orders', writes: 1 }] });
    await sql('delete from log');
    expect(undo(tables, true).said.error).toBeUndefined();
    expect(await rows()).toBe(before);
    expect(undo(tables, true).said).toEqual({ tables: [] });
    expect(restore(tables, true).said.error).toBeUndefined();
    expect(undo(tables, true, 'forget').status).toBe(0);
    expect(await rows()).toBe(captured);
    expect(await sql(`select count(*) from pg_namespace where nspname = '${SCHEMA}'`)).toBe('0');
  });

  it('stay as they are when a row elsewhere would lose what it refers to', async () => {
    await sql(
      'insert into users (name) values (\'new\'); insert into orders ("user") select max(id) from users; delete from log;',
    );
    const before = await rows();
    const { said } = restore(['public.users'], true);
    expect(said.error).toMatchObject({ name: 'ForeignKeyViolated', message: expect.stringContaining('orders_user_fkey') });
    expect(await rows()).toBe(before);
    expect(await sql(`select count(*) from pg_namespace where nspname = '${SCHEMA}'`)).toBe('0');
    expect(await machine.databases()).toEqual(['shop']);
  });

  it('stay as they are when a table has other columns now, or is gone', async () => {
    await sql('alter table orders add column note text');
    const before = await rows();
    const { said } = restore(['public.users', 'public.orders'], true);
    expect(said.error).toMatchObject({ name: 'TableDiffers', message: expect.stringContaining('note text') });
    expect(restore(['public.gone'], true).said.error).toMatchObject({ name: 'TableNotFound' });
    expect(await rows()).toBe(before);
  });

  it('are not replaced by a user who may not keep triggers still, who is told so', async () => {
    await machine.db.sql('postgres', "create role app login createdb password 'app'; grant all on database shop to app;");
    const { said } = machine.run('restore-tables', {
      database: 'shop',
      beside: BESIDE,
      schema: '',
      previousSchema: SCHEMA,
      replace: 'true',
      tables: ['public.users'],
      url: point.url,
      user: 'app',
      passwordVariable: 'APP_PASSWORD',
    });
    expect(said.error).toMatchObject({ name: 'DatabaseUnreachable', message: expect.stringContaining('no superuser') });
  });
});
