import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { libpqVariables } from '../../support/login.ts';
import { until } from '../../support/until.ts';
import { DatabaseMachine } from './database-machine.ts';

/** Whatever might be taken apart by a shell, SQL, psql or a connection string. */
const ODD = 'o\'d "n" $(touch hacked) `id` \\n \\\n=/ DATABASE.*';
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const [BESIDE, PREVIOUS, UNDONE] = [`new ${ODD}`, `old ${ODD}`, `undone ${ODD}`];

// A test runs many documents, each of which goes into its container many times.
vi.setConfig({ testTimeout: 240_000 });

let machine: DatabaseMachine;
let point: ReturnType<DatabaseMachine['capture']>;
const sql = (database: string, text: string) => machine.db.sql(database, text);
/** What the journal keeps of the database that was restored last. */
let numbers = { oid: '', old: '', baseline: '[]' };
const swap = (direction: 'forward' | 'back', discard = 'false') =>
  machine.run('swap-database', {
    database: ODD,
    beside: BESIDE,
    previous: PREVIOUS,
    undone: UNDONE,
    direction,
    discard,
    ...numbers,
  });
const beside = () => {
  const answer = machine.run('restore-database-beside', { database: ODD, beside: BESIDE, ownership: 'keep', url: point.url });
  const { oid, old, writes } = answer.said;
  if (answer.status === 0) numbers = { oid: String(oid), old: String(old), baseline: JSON.stringify(writes) };
  return answer;
};
const drop = (database: string, oid = '') => machine.run('drop-database', { database, oid });
const oidOf = (database: string) => sql('postgres', `select oid from pg_database where datname = $n$${database}$n$`);
/** Which of the two is in place. */
const content = () => sql(ODD, 'select string_agg(t, $$,$$ order by t) from word');

beforeAll(async () => {
  machine = await DatabaseMachine.start([ODD]);
  await sql('postgres', 'create role reader; create role owner_of_it;');
  await sql(
    ODD,
    `create table word (id serial primary key, t text); insert into word (t) values ('then'), (${"'it''s $(id)'"});
     create type mood as enum ('a', 'b'); create table by_hash (m mood) partition by hash (m);
     create table by_hash_0 partition of by_hash for values with (modulus 2, remainder 0);
     create table by_hash_1 partition of by_hash for values with (modulus 2, remainder 1);
     insert into by_hash select case n % 2 when 0 then 'a' else 'b' end::mood from generate_series(1, 50) n;
     create subscription elsewhere connection 'dbname=none' publication of_it with (connect = false);
     create unlogged table fast (n int); insert into fast values (1);
     select lo_from_bytea(0, '\\x00ff');
     create table hen (id int primary key, egg int); create table egg (id int primary key, hen int references hen);
     insert into hen values (1, 1); insert into egg values (1, 1); alter table hen add foreign key (egg) references egg;
     alter database ${identifier(ODD)} set work_mem = '7MB'; alter role reader in database ${identifier(ODD)} set search_path = 'a', 'b';
     alter database ${identifier(ODD)} owner to owner_of_it; grant temporary on database ${identifier(ODD)} to reader;
     comment on database ${identifier(ODD)} is 'on DATABASE x; -- it''s';
     alter database ${identifier(ODD)} set default_transaction_read_only = on;`,
  );
  point = machine.capture(ODD);
  await sql(ODD, "set default_transaction_read_only = off; insert into word (t) values ('now');");
});
afterAll(() => machine.stop());

describe('a database', () => {
  it('is restored beside the old one with all that belongs to it, and nothing else changes', async () => {
    const { status, said, log } = beside();
    expect({ status, error: said.error }, log).toEqual({ status: 0, error: undefined });
    expect(said.subscriptions).toEqual(['elsewhere']);
    expect(await sql(BESIDE, 'select bool_or(subenabled) from pg_subscription')).toBe('f');
    expect(await machine.databases()).toEqual([BESIDE, ODD].sort());
    expect(machine.differences(BESIDE, point.fingerprint)).toEqual([]);
    const facts = (name: string) =>
      sql(
        'postgres',
        `select pg_get_userbyid(datdba), datacl, shobj_description(oid, 'pg_database'), encoding, datcollate,
           (select string_agg(setrole::regrole || ':' || setconfig::text, ';' order by setrole) from pg_db_role_setting where setdatabase = d.oid)
         from pg_database d where datname = $name$${name}$name$`,
      );
    expect(await facts(BESIDE)).toBe(await facts(ODD));
    expect(machine.differences(ODD, point.fingerprint).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'public.word differs',
      'public.word_id_seq differs',
    ]);
    expect(machine.host.leftovers).toEqual([]);
  });

  it('is restored the same way when there is no room for its archive', () => {
    machine.host.tool('df', '#!/bin/sh\necho head; echo /dev/x 1 1 1 1% /');
    const { status, log } = beside();
    machine.host.tool('df', null);
    expect(status, log).toBe(0);
    expect(machine.differences(BESIDE, point.fingerprint)).toEqual([]);
  });

  it('is loaded again from nothing when the jobs of the restore lock each other out', async () => {
    await machine.db.binaries.replace(
      'pg_restore',
      `if [[ "$*" == *--jobs=* && ! -e $TMPDIR/../locked ]]; then
        touch "$TMPDIR/../locked"
        "$REAL" "$@"
        echo 'pg_restore: error: ERROR:  deadlock detected' >&2
        exit 1
      fi
      exec "$REAL" "$@"`,
    );
    const { status, log } = beside();
    await machine.db.binaries.reset();
    expect(status, log).toBe(0);
    expect(log).toContain('once more from an empty database');
    expect(machine.differences(BESIDE, point.fingerprint)).toEqual([]);
  });

  it('is not begun when the server lacks an extension, which is named', async () => {
    expect(drop(BESIDE).status).toBe(0);
    await machine.db.binaries.replace(
      'pg_restore',
      `"$REAL" "$@" && [[ "$*" != *--list* ]] || echo '9; 3079 16384 EXTENSION - no_such '`,
    );
    const { said } = beside();
    await machine.db.binaries.reset();
    expect(said.error).toMatchObject({ name: 'ToolMissing', message: expect.stringContaining('no_such') });
    expect(await machine.databases()).toEqual([ODD]);
    expect(beside().status).toBe(0);
  });

  it('takes the place of the old one though clients come back all the time, and gives it back', async () => {
    const client = comingBack();
    await until(
      async () => Number(await sql('postgres', 'select count(*) from pg_stat_activity where application_name = $$again$$')) > 3,
      20_000,
      'clients are there',
    );
    const { status, said, log } = swap('forward');
    expect({ status, error: said.error, swapped: said.swapped, previous: said.previous }, log).toEqual({
      status: 0,
      error: undefined,
      swapped: true,
      previous: PREVIOUS,
    });
    expect(await content()).toBe("it's $(id),then");
    expect(await machine.databases()).toEqual([ODD, PREVIOUS].sort());
    expect(swap('forward').said).toMatchObject({ swapped: true, previous: PREVIOUS });
    await sql(ODD, "set default_transaction_read_only = off; insert into word (t) values ('since'), ('then');");
    const counted = machine.run('count-writes', { database: ODD, oid: numbers.oid, baseline: numbers.baseline });
    expect(counted.said).toEqual({ rows: 2, tables: [{ table: 'public.word', writes: 2 }] });
    const another = machine.run('count-writes', { database: ODD, oid: '1', baseline: '[]' });
    expect(another.said, 'in a database that is not the restored one').toEqual({ rows: 0, tables: [] });
    expect(swap('back', 'true')).toMatchObject({ status: 0, said: { swapped: true, previous: null, undone: null } });
    await ended(client);
    expect(await content()).toBe("it's $(id),now,then");
    expect(await machine.databases()).toEqual([ODD]);
    expect(swap('back')).toMatchObject({ status: 0, said: { swapped: false } });
  });

  it('that was written to is kept when it is taken back, unless that may be lost', async () => {
    expect(beside().status).toBe(0);
    expect(swap('forward').status).toBe(0);
    await sql(ODD, "set default_transaction_read_only = off; insert into word (t) values ('since');");
    expect(swap('back')).toMatchObject({ status: 0, said: { swapped: true, undone: UNDONE } });
    expect(await content()).toBe("it's $(id),now,then");
    expect(await sql(UNDONE, 'select string_agg(t, $$,$$ order by t) from word')).toBe("it's $(id),since,then");
    expect(drop(UNDONE, '1').said, 'a number that is not its own').toEqual({ dropped: false });
    expect(drop(UNDONE, numbers.oid).said).toEqual({ dropped: true });
    expect(await machine.databases()).toEqual([ODD]);
  });

  it('stays in place when the old one is gone: there would be none at all', async () => {
    const original = await oidOf(ODD);
    expect(beside().status).toBe(0);
    expect(swap('forward').status).toBe(0);
    await sql('postgres', `alter database ${identifier(PREVIOUS)} rename to hidden`);
    expect(swap('back').said.error).toMatchObject({ name: 'PutBackFailed', message: expect.stringContaining('is gone') });
    expect(await content()).toBe("it's $(id),then");
    await sql('postgres', `alter database hidden rename to ${identifier(PREVIOUS)}`);
    expect(swap('back').status).toBe(0);
    expect(await oidOf(ODD)).toBe(original);
  });

  it('is not taken for another that somebody has put into its place since', async () => {
    expect(beside().status).toBe(0);
    expect(swap('forward').status).toBe(0);
    await sql('postgres', `alter database ${identifier(ODD)} rename to restored`);
    await sql('postgres', `create database ${identifier(ODD)}`);
    expect(swap('back').said.error).toMatchObject({ name: 'PutBackFailed', message: expect.stringContaining('neither') });
    expect(await machine.databases()).toEqual([ODD, PREVIOUS, 'restored'].sort());
    await sql('postgres', `drop database ${identifier(ODD)}`);
    await sql('postgres', `alter database restored rename to ${identifier(ODD)}`);
    expect(swap('back').status).toBe(0);
    expect(await content()).toBe("it's $(id),now,then");
    expect(await machine.databases()).toEqual([ODD]);
  });

  it('keeps its place when the restore is killed at any step, or the new one has it wholly', async () => {
    expect(beside().status).toBe(0);
    for (let call = 1; killedAt(call, () => swap('forward')); call++) {
      // What the killed document had begun in the container goes on there for a moment.
      await until(
        async () => {
          const names = await machine.databases();
          const text = await content();
          expect([
            { names: [BESIDE, ODD].sort(), text: "it's $(id),now,then" },
            { names: [ODD, PREVIOUS].sort(), text: "it's $(id),then" },
          ]).toContainEqual({ names, text });
          return true;
        },
        20_000,
        `killed at call ${call}, one of the two has the place wholly`,
      );
    }
    expect(await content()).toBe("it's $(id),then");
    expect(await machine.databases()).toEqual([ODD, PREVIOUS].sort());
    expect(swap('back').status).toBe(0);
    expect(await content()).toBe("it's $(id),now,then");
  });

  it('is made anew after a restore that was killed while it loaded', async () => {
    expect(killedAt(8, beside)).toBe(true);
    expect(beside().status).toBe(0);
    expect(machine.differences(BESIDE, point.fingerprint)).toEqual([]);
    expect(drop(BESIDE).said).toEqual({ dropped: true });
    expect(drop(BESIDE).said).toEqual({ dropped: false });
  });

  it('that a prepared transaction holds is not swapped, and the transaction is named', async () => {
    await sql('postgres', 'alter system set max_prepared_transactions = 2');
    await machine.db.stop();
    await machine.db.start();
    expect(beside().status).toBe(0);
    await sql(
      ODD,
      "set default_transaction_read_only = off; begin; insert into word (t) values ('held'); prepare transaction 'half done';",
    );
    const { said } = swap('forward');
    expect(said.error).toMatchObject({ name: 'SwapFailed', message: expect.stringContaining("'half done'") });
    expect(await machine.databases()).toEqual([BESIDE, ODD].sort());
    await sql(ODD, "rollback prepared 'half done'");
    expect(drop(BESIDE).status).toBe(0);
  });

  it('whose stored dump is cut off is not made', async () => {
    const before = machine.host.leftovers;
    const cut = readFileSync(join(machine.host.folder, 'vault', 'dump.zst')).subarray(0, -200);
    writeFileSync(join(machine.host.folder, 'vault', 'cut.zst'), cut);
    const url = point.url.replace('dump.zst', 'cut.zst');
    const { said } = machine.run('restore-database-beside', { database: ODD, beside: BESIDE, ownership: 'keep', url });
    expect(said.error).toMatchObject({ name: 'ArchiveUnreadable' });
    expect(await machine.databases()).toEqual([ODD]);
    expect(machine.host.leftovers).toEqual(before);
  });

  it('is told of before anything is done, also when it is not there', async () => {
    const { said } = machine.run('inspect-database', { database: ODD, tables: ['public.hen', 'public.none'] });
    expect(said).toMatchObject({
      exists: true,
      superuser: true,
      schemas: ['public'],
      tables: [
        {
          name: 'public.hen',
          exists: true,
          columns: [
            { name: 'id', type: 'integer' },
            { name: 'egg', type: 'integer' },
          ],
          referencedBy: ['public.egg'],
        },
        { name: 'public.none', exists: false },
      ],
    });
    const none = machine.run('inspect-database', { database: 'none', tables: ['public.hen'] });
    expect(none.said).toMatchObject({ exists: false, bytes: 0, tables: [{ name: 'public.hen', exists: false }] });
    const nowhere = machine.run('inspect-database', { database: ODD, tables: [], container: 'none' });
    expect(nowhere.said).toMatchObject({ container: null, server: null });
  });
});

describe('roles', () => {
  it('that are missing are created; one that differs is named and left as it is', async () => {
    const odd = identifier(ODD);
    const text = [
      'SET standard_conforming_strings = on;',
      `CREATE ROLE ${odd};`,
      `ALTER ROLE ${odd} WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 3;`,
      `COMMENT ON ROLE ${odd} IS 'two\n; CREATE ROLE evil; --';`,
      'CREATE ROLE reader;',
      'ALTER ROLE reader WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS;',
      `ALTER ROLE ${odd} SET search_path TO 'GRANT a TO b; --', 'c';`,
      // The same as the live one but for a membership, which comes with the role that is missing.
      'CREATE ROLE owner_of_it;',
      'ALTER ROLE owner_of_it WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;',
      `GRANT ${odd} TO owner_of_it GRANTED BY ${machine.db.user};`,
      `GRANT reader TO ${odd} GRANTED BY ${machine.db.user};`,
      '',
      '--',
      '-- PostgreSQL database cluster dump complete',
      '--',
      '',
    ].join('\n');
    const url = await machine.keep('roles.zst', text);
    const roles = "select string_agg(rolname, ',' order by rolname) from pg_roles";
    const before = await sql('postgres', roles);
    const asked = machine.run('inspect-roles', { url });
    expect(asked.said, asked.log).toEqual({ missing: [ODD], differing: ['reader'] });
    expect(await sql('postgres', roles), 'who only asks changes nothing').toBe(before);
    const { said, log } = machine.run('create-roles', { url });
    expect(said, log).toMatchObject({ created: [ODD], differing: ['reader'] });
    expect(
      await sql(
        'postgres',
        `select rolconnlimit, rolconfig, pg_has_role(oid, 'reader', 'member') from pg_roles where rolname = $n$${ODD}$n$`,
      ),
    ).toBe('3|{"search_path=\\"GRANT a TO b; --\\", c"}|t');
    expect(
      await sql(
        'postgres',
        "select count(*) filter (where rolname = 'evil'), bool_or(rolname = 'reader' and rolcanlogin) from pg_roles",
      ),
    ).toBe('0|f');
    expect(machine.run('create-roles', { url }).said).toMatchObject({ created: [], differing: ['reader'] });
    expect(machine.run('inspect-roles', { url }).said).toEqual({ missing: [], differing: ['reader'] });
  });
});

/** Clients that hold the database and come back at once, as a pool does. */
function comingBack(): ChildProcess {
  const script = 'for n in 1 2 3 4; do while :; do psql -XAtqc "select pg_sleep(60)" >/dev/null 2>&1; done & done; wait';
  const env = { PATH: process.env.PATH, ...libpqVariables({ ...machine.db.client(ODD) }), PGAPPNAME: 'again' };
  return spawn('setsid', ['bash', '-c', script], { env, stdio: 'ignore' });
}

async function ended(client: ChildProcess): Promise<void> {
  const exit = once(client, 'exit');
  process.kill(-client.pid!, 'SIGKILL');
  await exit;
  const admin = new Client(machine.db.client('postgres'));
  await admin.connect();
  const text = "select count(pg_terminate_backend(pid)) = 0 as gone from pg_stat_activity where application_name = 'again'";
  await until(async () => (await admin.query(text)).rows[0].gone, 20_000, 'the clients are gone');
  await admin.end();
}

/** Kills the document at its docker call of that number, which is still started; false when there are fewer. */
function killedAt(call: number, run: () => unknown): boolean {
  writeFileSync(join(machine.host.folder, 'calls'), '0');
  machine.host.tool(
    'docker',
    `#!/bin/bash
calls=${machine.host.folder}/calls
n=$(flock $calls bash -c 'n=$(($(<$0) + 1)); echo $n >$0; echo $n' $calls)
[[ $n != ${call} ]] || { setsid ${machine.docker} "$@" & disown; kill -KILL 0; }
exec ${machine.docker} "$@"
`,
  );
  try {
    run();
    return false;
  } catch {
    return true;
  } finally {
    machine.reset();
  }
}
