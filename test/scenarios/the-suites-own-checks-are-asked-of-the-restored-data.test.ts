import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

const check = (name: string, sql: string, expect: object) => ({ name, database: 'shop', sql, expect });
const fact = (key: string) => `select value from facts where key = '${key}'`;
const CHECKS = [
  check('facts', 'select count(*) from facts', { min: 1, max: 10 }),
  check('a text', `${fact('a text')}; -- said with a 'quote'`, { equals: "it's" }),
  check('a flag', 'select true, 2', { equals: true }),
  check('too few', fact('few'), { min: 4 }),
  check('too many', fact('many'), { max: 2 }),
  check('another name', fact('name'), { equals: 'carla' }),
  check('no table', 'select count(*) from audit', { min: 0 }),
  check('no row', fact('row'), { min: 0 }),
  check('two rows', fact('double'), { equals: 1 }),
  check('null', fact('null'), { equals: 'something' }),
];
const MET = ['facts', 'a text', 'a flag'];

let host: TestHost;
let db: Postgres;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql(
    'shop',
    `create table facts(key text, value text);
     insert into facts values ('a text', 'it''s'), ('few', '3'), ('many', '3'), ('name', 'carl'), ('double', '1'), ('double', '1'), ('null', null)`,
  );
  const databases = [{ name: 'shop', container: db.container, database: 'shop' }];
  suite = await createSuite({ host, suite: { sources: { databases }, verification: { checks: CHECKS } } });
});
afterAll(() => host.remove());

it('each that is not met fails the proof with its name, and says what was found', async () => {
  const { exitCode, json } = await suite.run('backup');
  expect([exitCode, json.outcome, json.error?.name]).toEqual([5, 'unproven', 'VerificationFailed']);
  expect(json.point).toMatchObject({ state: 'unproven', restorable: false, reason: { name: 'CheckFailed', source: 'shop' } });
  expect(json.point!.reason!.message).toContain('Check "too few"');

  const [proof] = (await suite.run('show', json.point!.id)).json.proofs;
  expect(proof!.ok).toBe(false);
  const checks = proof!.checks.filter(({ kind }) => kind === 'sql');
  expect(checks.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
  expect(proof!.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(
    CHECKS.map(({ name }) => name).filter((name) => !MET.includes(name)),
  );
  expect(Object.fromEntries(checks.map(({ name, message }) => [name, message]))).toMatchObject({
    'too few': 'Check "too few" gave 3, less than 4.',
    'too many': 'Check "too many" gave 3, more than 2.',
    'another name': 'Check "another name" gave carl, not carla.',
    'no table': expect.stringMatching(/^Check "no table" failed: .*relation "audit" does not exist/),
    'no row': 'Check "no row" gave 0 rows; it must give exactly one.',
    'two rows': 'Check "two rows" gave 2 rows; it must give exactly one.',
    null: 'Check "null" gave null.',
  });
  const [alert, ...more] = await alertsOf(suite.home);
  expect(more).toEqual([]);
  expect(alert!.subject).toContain(`VerificationFailed (${json.point!.id})`);
  expect(alert!.message).toContain('Check "too few"');
  expect(await host.leftovers()).toEqual([]);
});

it('once all are met by the data the next backup is proven', async () => {
  await db.sql(
    'shop',
    `delete from facts where key <> 'a text'; create table audit();
     insert into facts values ('few', '4'), ('many', '2'), ('name', 'carla'), ('row', '0'), ('double', '1'), ('null', 'something')`,
  );
  const { exitCode, json } = await suite.run('backup');
  expect([exitCode, json.outcome, json.point?.restorable]).toEqual([0, 'proven', true]);
  expect(await alertsOf(suite.home)).toHaveLength(1);
  expect(await host.leftovers()).toEqual([]);
});
