import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSuite, type Suite } from '../support/cli.ts';
import type { Check, Proof } from '../support/contract.ts';
import { createHost } from '../support/host.ts';
import type { TestHost } from '../support/test-host.ts';

let host: TestHost;
let suite: Suite;
let overTheNetwork: Proof;
let onTheHost: Proof;

/** Every answer that a check can get: text that needs quoting, nulls, booleans, too many rows, none, an error. */
const CHECKS = [
  { name: 'text', sql: `select E'a|b\\r\\n\\t"c"\\\\ ü''$(x)', 'second column'`, expect: { equals: `a|b\r\n\t"c"\\ ü'$(x)` } },
  { name: 'number', sql: 'select count(*) from things', expect: { min: 20, max: 20 } },
  { name: 'truth', sql: 'select true', expect: { equals: true } },
  { name: 'empty', sql: "select ''", expect: { equals: '' } },
  {
    name: 'settings',
    sql: "select current_setting('search_path') || current_setting('datestyle')",
    expect: { equals: 'odd, publicSQL, DMY' },
  },
  { name: 'null', sql: 'select null', expect: { equals: '' } },
  { name: 'two-rows', sql: 'select 1 union all select 1', expect: { equals: 1 } },
  { name: 'no-row', sql: 'select 1 where false', expect: { equals: 1 } },
  { name: 'error', sql: 'select * from nowhere', expect: { equals: 1 } },
  { name: 'too-few', sql: 'select 1', expect: { min: 2 } },
].map((check) => ({ ...check, database: 'shop' }));
/** Each way asks the scratch itself; the files are looked for in the vault. */
const CROSS_CHECKS = [
  { name: 'sheets', database: 'shop', sql: "values ('/a sheet'), ('no sheet')", source: 'sheets', severity: 'warning' },
];
const FAILING = ['null', 'two-rows', 'no-row', 'error', 'too-few'];

beforeAll(async () => {
  host = await createHost();
  const db = await host.postgres('db', { databases: ['shop', 'counted'] });
  const rows = `create table things (id serial primary key, name text, at timestamptz, price numeric, ratio float8, data bytea);
    insert into things (name, at, price, ratio, data)
      select 'thing ' || n, now() + n * interval '1 day', n / 7.0, n / 7.0::float8, decode(md5(n::text), 'hex') from generate_series(1, 20) n;
    create table "odd ""name""$x" (id int);
    select lo_from_bytea(0, 'a large object');`;
  await db.sql(
    'shop',
    `${rows}
     create schema odd;
     alter database shop set search_path = odd, public;
     alter database shop set datestyle = 'SQL, DMY';`,
  );
  await db.sql('counted', rows);
  const sheets = await host.directory({ 'a sheet': 'x' });
  const sources = {
    files: [{ name: 'sheets', directory: sheets.folder, include: ['*'] }],
    databases: [
      { name: 'shop', container: db.container },
      { name: 'counted', container: db.container, fingerprint: 'count' },
    ],
  };
  const verification = { checks: CHECKS, crossChecks: CROSS_CHECKS };
  suite = await createSuite({ host, suite: { sources, verification } });
  const backup = await suite.run('backup');
  expect([backup.exitCode, backup.json.outcome], backup.stderr).toEqual([5, 'unproven']);
  overTheNetwork = (await suite.run('show', 'latest')).json.proofs[0]!;

  await suite.rewrite({ sources, verification, host: { network: false } });
  const verify = await suite.run('verify', 'latest');
  expect(verify.exitCode, verify.stderr).toBe(5);
  onTheHost = verify.json.proof!;
});
afterAll(() => host.remove());

it('has the same names, verdicts, expectations and findings', () => {
  expect(onTheHost.id).not.toBe(overTheNetwork.id);
  const facts = ({ checks }: Proof) =>
    checks.map(({ kind, source, name, ok, severity, expected, actual }) => ({
      kind,
      source,
      name,
      ok,
      severity,
      expected,
      actual,
    }));
  expect(facts(onTheHost)).toEqual(facts(overTheNetwork));
});

it('finds in both ways only what is wrong', () => {
  for (const { checks } of [overTheNetwork, onTheHost]) {
    expect(checks.filter(({ ok }) => !ok).map(({ kind, name }) => [kind, name])).toEqual([
      ...FAILING.map((name) => ['sql', name]),
      ['cross', 'sheets'],
    ]);
    expect(checks.find(({ kind }) => kind === 'cross')!.actual).toEqual({ paths: 2, missing: 1, named: ['no sheet'] });
    expect(checks.filter(({ kind }) => kind === 'sql').map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
  }
});

it('compares hashes where rows are hashed, and numbers of rows where they are only counted', () => {
  for (const { checks } of [overTheNetwork, onTheHost]) {
    for (const [source, hash, method] of [
      ['shop', expect.stringMatching(/^-?\d+$/), 'text'],
      ['counted', null, 'count'],
    ] as const) {
      const check = checks.find((candidate: Check) => candidate.source === source && candidate.name === 'public.things');
      expect(check).toMatchObject({
        kind: 'table',
        ok: true,
        expected: { rows: 20, hash, method },
        actual: { rows: 20, hash, method },
      });
      expect(checks.find(({ kind, ...other }) => kind === 'large-objects' && other.source === source)).toMatchObject({
        ok: true,
        expected: { count: 1, hash },
      });
      expect(checks.some(({ name, ...other }) => name === 'public."odd ""name""$x"' && other.source === source)).toBe(true);
    }
  }
});
