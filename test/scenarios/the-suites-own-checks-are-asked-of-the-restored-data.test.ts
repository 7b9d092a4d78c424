import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost, Volume } from '../support/test-host.ts';

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

/** What a list of names in lines, in quotes or in JSON would take apart. */
const ODD = 'it\'s "a"  b\n\\n\t,é 日本 {x}.pdf';
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const cross = (name: string, sql: string, more: object = {}) => ({ name, database: 'shop', sql, source: 'uploads', ...more });
const paths = (kind: string) => `select path from attachments where kind = '${kind}'`;
const CROSS_CHECKS = [
  cross('kept', `${paths('kept')}; `),
  cross('drawings', `${paths('drawing')} -- the path, as it was uploaded`, { source: 'drawings' }),
  cross('never came', paths('never came'), { severity: 'warning' }),
  cross('lost', paths('lost')),
  cross('many lost', "select 'lost/' || lpad(n::text, 7, '0') from generate_series(1, 300000) n", { severity: 'warning' }),
  cross('no table', 'select path from papers', { severity: 'warning' }),
  cross('two columns', 'select path, kind from attachments'),
  cross('two statements', 'select path from attachments; select 1', { severity: 'warning' }),
  cross('no row', paths('none')),
];
/** Held against files that are all there, or none is asked for. */
const FOUND = ['kept', 'drawings', 'no row'];

let host: TestHost;
let db: Postgres;
let uploads: Volume;
let suite: Suite;
let suiteOf: (crossChecks: object[]) => Record<string, unknown>;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql(
    'shop',
    `create table facts(key text, value text);
     insert into facts values ('a text', 'it''s'), ('few', '3'), ('many', '3'), ('name', 'carl'), ('double', '1'), ('double', '1'), ('null', null)`,
  );
  await db.sql(
    'shop',
    `create table attachments(kind text, path text);
     insert into attachments values ('kept', ${literal(ODD)}), ('kept', '/deep/ä/${'x'.repeat(200)}'), ('kept', './deep//ä/'), ('kept', 'latest'),
       ('kept', null), ('kept', ${literal(ODD)}), ('drawing', '/app/drawings/1.dwg'), ('drawing', '1.dwg'), ('drawing', '/1.dwg'),
       ('never came', ${literal(`2026/${ODD}`)}), ('never came', 'latest/1.pdf'), ('never came', 'deep/ä/X'),
       ('lost', 'deep/a\u0308'), ('lost', ${literal(ODD)})`,
  );
  uploads = await host.volume('uploads', {
    [ODD]: 'odd',
    [`deep/ä/${'x'.repeat(200)}`]: 'deep',
    latest: { link: 'nowhere' },
  });
  const web = await host.container('web', { files: { 'app/drawings/1.dwg': 'a drawing' } });
  const sources = {
    databases: [{ name: 'shop', container: db.container, database: 'shop' }],
    volumes: [{ name: 'uploads', volume: uploads.name }],
    paths: [{ name: 'drawings', container: web.container, path: '/app/drawings/' }],
  };
  suiteOf = (crossChecks) => ({ sources, verification: { checks: CHECKS, crossChecks } });
  suite = await createSuite({ host, suite: suiteOf(CROSS_CHECKS) });
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
  expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(
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

it('each that rows refer to and no file answers is named, and fails the proof if the suite says so', async () => {
  const { point, proofs } = (await suite.run('show', 'latest')).json;
  expect(point!.state).toBe('unproven');
  const checks = proofs[0]!.checks.filter(({ kind }) => kind === 'cross');
  expect(checks.map(({ name, source, ok, severity }) => ({ name, source, ok, severity }))).toEqual(
    CROSS_CHECKS.map(({ name, severity = 'failure' }: { name: string; severity?: string }) => {
      return { name, source: 'shop', ok: FOUND.includes(name), severity };
    }),
  );
  const found = Object.fromEntries(checks.map(({ name, actual, message }) => [name, { actual, message }]));
  expect(found).toMatchObject({
    kept: { actual: { paths: 4, missing: 0, named: [] } },
    drawings: { actual: { paths: 3, missing: 0, named: [] } },
    'no row': { actual: { paths: 0, missing: 0, named: [] } },
    'never came': {
      actual: { paths: 3, missing: 3, named: [`2026/${ODD}`, 'deep/ä/X', 'latest/1.pdf'] },
      message: expect.stringContaining(
        `are not in volume uploads: ${JSON.stringify(`2026/${ODD}`)}, "deep/ä/X", "latest/1.pdf".`,
      ),
    },
    lost: {
      actual: { paths: 2, missing: 1, named: ['deep/a\u0308'] },
      message: 'Check "lost": 1 of 2 paths that rows refer to are not in volume uploads: "deep/a\u0308".',
    },
    'many lost': {
      actual: {
        paths: 300_000,
        missing: 300_000,
        named: Array.from({ length: 10 }, (_, n) => `lost/${String(n + 1).padStart(7, '0')}`),
      },
      message: expect.stringMatching(/"lost\/0000010" and 299990 more\.$/),
    },
    'no table': { actual: null, message: expect.stringMatching(/^Check "no table" failed: .*relation "papers" does not exist/) },
    'two columns': { actual: null, message: 'Check "two columns" gave 2 columns; it must give exactly one.' },
    'two statements': { actual: null, message: expect.stringMatching(/^Check "two statements" failed: .*syntax error/) },
  });
});

it('once all are met by the data the next backup is proven', async () => {
  await db.sql(
    'shop',
    `delete from facts where key <> 'a text'; create table audit();
     insert into facts values ('few', '4'), ('many', '2'), ('name', 'carla'), ('row', '0'), ('double', '1'), ('null', 'something')`,
  );
  await uploads.write({ 'deep/a\u0308': 'found again' });
  await suite.rewrite(suiteOf(CROSS_CHECKS.filter(({ name }) => name !== 'two columns')));
  const { warnings } = await provenBackup(suite);
  expect(warnings).toMatchObject([
    { name: 'CheckFailed', source: 'shop', message: expect.stringContaining(`3 of 3 paths`) },
    { name: 'CheckFailed', source: 'shop', message: expect.stringContaining('300000 of 300000 paths') },
    { name: 'CheckFailed', source: 'shop', message: expect.stringContaining('Check "no table" failed') },
    { name: 'CheckFailed', source: 'shop', message: expect.stringContaining('Check "two statements" failed') },
  ]);
  expect(await alertsOf(suite.home)).toHaveLength(1);
});
