import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { Forgery } from '../support/forgery.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

const ODD = `"Ünder ""cover"" $(id) 'x'"`;

let host: TestHost;
let db: Postgres;
let suite: Suite;
let vault: TamperedVault;
let id: string;
let forgery: Forgery;
let sealed: Map<string, Buffer>;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql(
    'shop',
    `create table ${ODD}(id int primary key, agent text);
     insert into ${ODD} select id, 'agent ' || id from generate_series(1, 300) id;
     insert into ${ODD} values (5000, 'Bertrand');
     create table orders(id serial primary key, total int);
     insert into orders(total) select id * 10 from generate_series(1, 200) id;
     create table customers as select 1 as id;
     create view totals as select sum(total) as total from orders;
     select lo_from_bytea(0, 'a letter');`,
  );
  const databases = [{ name: 'shop', container: db.container, database: 'shop', plainSql: true }];
  suite = await createSuite({ host, suite: { sources: { databases } } });
  const { json } = await suite.run('backup');
  expect(json.outcome).toBe('proven');
  id = json.point!.id;
  vault = await TamperedVault.open(suite.home);
  forgery = new Forgery(vault, id);
  const keys = (await vault.keys()).filter((key) => /\.(dump\.zst|plain\.sql\.gz)$|\/recovery-points\//.test(key));
  sealed = new Map(await Promise.all(keys.map(async (key) => [key, await vault.read(key)] as const)));
});
afterAll(() => host.remove());

/** Every forgery begins with what was sealed. */
beforeEach(async () => {
  for (const [key, bytes] of sealed) await vault.overwrite(key, bytes);
});

async function failedProof() {
  const before = (await alertsOf(suite.home)).length;
  const { exitCode, json } = await suite.run('verify', id);
  expect([exitCode, json.error?.name, json.proof?.ok]).toEqual([5, 'VerificationFailed', false]);
  expect(json.point).toMatchObject({ state: 'unproven', restorable: false });
  expect(json.point!.reason!.source).toBe('shop');
  expect((await alertsOf(suite.home)).length).toBe(before + 1);
  // The scratch server and its folder are gone, however the restore ended.
  expect(await host.leftovers()).toEqual([]);
  const { checks } = json.proof!;
  const failed = checks.filter(({ ok }) => !ok);
  // Whoever forges a manifest cannot sign it; what is wrong with its content is told all the same, and first.
  expect(failed.pop()).toMatchObject({ kind: 'signature', source: 'manifest', ok: false });
  return { reason: json.point!.reason!, checks, failed };
}

describe('a re-packed dump whose sizes and checksums fit', () => {
  it('with one byte changed in one row is found, with the name of the table', async () => {
    await forgery.changeRow('shop', 'Bertrand', 'Bertramd');
    const { reason, failed } = await failedProof();
    expect(reason.name).toBe('FingerprintMismatch');
    expect(reason.message).toContain(`Table public.${ODD} has 301 rows, but not the same content`);
    expect(failed).toMatchObject([{ kind: 'table', name: `public.${ODD}`, severity: 'failure' }]);
    const { expected, actual } = failed[0] as {
      expected: { rows: number; hash: string };
      actual: { rows: number; hash: string };
    };
    expect([expected.rows, actual.rows]).toEqual([301, 301]);
    expect(actual.hash).not.toBe(expected.hash);
  });

  it('that was taken of another state of the database is found in every part that differs', async () => {
    await db.sql(
      'shop',
      `delete from orders where id = 7;
       drop table customers;
       create table intruders(id int);
       select setval('orders_id_seq', 100);
       create or replace view totals as select min(total)::bigint as total from orders;
       select lo_put(oid, 0, 'A') from pg_largeobject_metadata;`,
    );
    const next = await suite.run('backup');
    expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
    const other = await vault.read(await vault.key(new RegExp(`/${next.json.point!.id}/.*\\.dump\\.zst$`)));
    await forgery.rewrite('shop', 'dump', () => other);

    const { checks, failed } = await failedProof();
    const said = Object.fromEntries(failed.map(({ kind, name, message }) => [`${kind} ${name}`, message]));
    expect(said).toMatchObject({
      'table public.orders': 'Table public.orders had 200 rows and has 199 after the restore.',
      'table public.customers': 'Table public.customers is missing after the restore.',
      'table public.intruders': 'Table public.intruders is there after the restore, but was not captured.',
      'sequence public.orders_id_seq': expect.stringContaining('would go on at 101, which is outside 201 to 201'),
      'large-objects large objects': expect.stringContaining('not the same'),
      'schema TABLE public.customers': expect.stringContaining('is missing'),
      'schema TABLE public.intruders': expect.stringContaining('is too many'),
      'schema VIEW public.totals': expect.stringContaining('is different'),
    });
    expect(checks.find(({ name }) => name === `public.${ODD}`)).toMatchObject({ ok: true });
  });
});

describe('re-packed plain SQL whose sizes and checksums fit', () => {
  it('with one byte changed in one row, and another view, is found with the names of both', async () => {
    await forgery.changeRow('shop', 'Bertrand', 'Bertramd', 'plain-sql');
    await forgery.changeRow('shop', 'sum(', 'min(', 'plain-sql');
    const { reason, failed } = await failedProof();
    const message = `Plain SQL: Table public.${ODD} has 301 rows, but not the same content.`;
    expect(reason).toMatchObject({ name: 'FingerprintMismatch', message });
    expect(failed).toMatchObject([
      { kind: 'restore', name: `plain SQL: public.${ODD}`, message, expected: { rows: 301 }, actual: { rows: 301 } },
      { kind: 'restore', name: 'plain SQL: VIEW public.totals', message: expect.stringContaining('is different') },
      { kind: 'restore', name: 'plain SQL: schema' },
    ]);
  });

  it('that psql takes, though its end is missing, is unreadable', async () => {
    await forgery.repack('shop', 'plain-sql', (text) =>
      text.subarray(0, text.lastIndexOf('-- PostgreSQL database dump complete')),
    );
    const { reason, checks } = await failedProof();
    expect(reason).toMatchObject({ name: 'ArchiveUnreadable', message: 'The stored plain SQL of "shop" ends too early.' });
    expect(checks.find(({ name }) => name === 'pg_restore')).toMatchObject({ ok: true });
  });

  it('that psql refuses is told with what it said', async () => {
    await forgery.changeRow('shop', '5000\tBertrand', '0300\tBertrand', 'plain-sql');
    const { reason } = await failedProof();
    expect(reason.name).toBe('RestoreFailed');
    expect(reason.message).toMatch(/psql could not load the stored plain SQL of "shop": .*could not create unique index/);
  });
});

describe('a dump that cannot be restored to its end', () => {
  it('because a key occurs twice ends the restore half way with what the server said', async () => {
    await forgery.changeRow('shop', '5000\tBertrand', '0300\tBertrand');
    const { reason, failed } = await failedProof();
    expect(reason.name).toBe('RestoreFailed');
    expect(reason.message).toContain('could not create unique index');
    // What could not be looked at any more is no proof either.
    expect(failed.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['restore', 'table', 'schema']));
  });

  it('because its end is missing is unreadable', async () => {
    await forgery.repack('shop', 'dump', (dump) => dump.subarray(0, Math.floor(dump.length * 0.8)));
    const { reason } = await failedProof();
    expect(reason).toMatchObject({ name: 'ArchiveUnreadable', message: expect.stringMatching(/"shop" ends too early/) });
  });

  it('because its gzip is cut is unreadable', async () => {
    await forgery.rewrite('shop', 'plain-sql', (packed) => packed.subarray(0, -20));
    const { reason } = await failedProof();
    expect(reason).toMatchObject({
      name: 'ArchiveUnreadable',
      message: expect.stringContaining('plain SQL of "shop" cannot be decompressed'),
    });
  });

  it('because it is no archive at all is unreadable', async () => {
    await forgery.repack('shop', 'dump', (dump) => Buffer.alloc(dump.length, 'nonsense '));
    const { reason } = await failedProof();
    expect(reason).toMatchObject({ name: 'ArchiveUnreadable', message: expect.stringContaining('pg_restore cannot list') });
  });
});
