import { describe, expect, it } from 'vitest';
import type { PlanItem, RestoreOutcome } from '../../../functions/contract/restore.ts';
import { estimate, spaceProblems } from '../../../functions/restore/estimate.ts';
import { subscriptionsIn } from '../../../functions/restore/known-losses.ts';
import { databaseName } from '../../../functions/restore/names.ts';
import { columnsOf, quotedName } from '../../../functions/restore/tables.ts';
import { POINT } from './samples.ts';

describe('the name of a database beside another', () => {
  it('says what it was and is new', () => {
    expect(databaseName('shop', `_before_${POINT}`, [])).toBe(`shop_before_${POINT}`);
    expect(databaseName('shop', '_before_x', ['shop_before_x', 'shop_before_x_2'])).toBe('shop_before_x_3');
  });

  it('has 63 bytes at most and no character in half', () => {
    const name = databaseName('ü'.repeat(40), `_before_${POINT}`, []);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(name).toMatch(/^ü+_before_/);
  });
});

const item = (change: Partial<PlanItem>): PlanItem => ({
  item: '00',
  kind: 'volume',
  source: 'uploads',
  label: 'volume-uploads',
  what: '',
  target: 'uploads',
  bytes: 1000,
  rawBytes: 5000,
  freeBytes: 1_000_000,
  needBytes: 5000,
  exists: true,
  previous: null,
  newer: 0,
  diff: null,
  warnings: [],
  swaps: true,
  host: {},
  ...change,
});

describe('space', () => {
  it('must suffice for all that lies on one file system together', () => {
    const [one, other] = [
      item({ needBytes: 600_000 }),
      item({ label: 'path-exports', needBytes: 600_000, freeBytes: 1_000_100 }),
    ];
    expect(spaceProblems([one])).toEqual([]);
    expect(spaceProblems([one, other])).toMatchObject([
      { path: 'volume-uploads', value: 'SpaceMissing' },
      { path: 'path-exports' },
    ]);
    expect(spaceProblems([one, { ...other, freeBytes: 9_000_000 }])).toEqual([]);
  });

  it('is not missing where nobody knows how much there is', () => {
    expect(spaceProblems([item({ freeBytes: null, needBytes: 1e12 })])).toEqual([]);
  });
});

describe('how long it will take', () => {
  const outcome = (seconds: number): RestoreOutcome => ({
    schema: 'suite-backup.restore-outcome.v1',
    restoreId: '20261124T020000Z-aaaaaa',
    point: POINT,
    what: 'restored',
    ok: true,
    at: '2026-11-24T02:00:00.000Z',
    executionArn: '',
    message: '',
    steps: [{ item: '00', source: 'uploads', kind: 'volume', state: 'swapped', seconds }],
    previous: [],
    seconds,
    safetyPoint: null,
    warnings: [],
  });

  it('is what the same source took before, by its bytes', () => {
    const { etaSeconds, etaFrom } = estimate([item({ bytes: 2000 })], [outcome(10), outcome(100)], () => 1000, null, 0);
    expect(etaSeconds).toBe(205);
    expect(etaFrom).toBe('measured in the restore of 2026-11-24T02:00:00.000Z');
    const safely = estimate([item({ bytes: 2000 })], [outcome(100)], () => 1000, null, 60);
    expect(safely.etaSeconds, 'a safety point takes its time before').toBe(265);
  });

  it('is not known before anything was measured', () => {
    expect(estimate([item({})], [], () => 0, null, 0).etaSeconds).toBeNull();
  });
});

it('subscriptions are known by name out of the text of the schema', () => {
  const text = ['--', "CREATE SUBSCRIPTION plain CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false);"];
  const odd = `CREATE SUBSCRIPTION "Odd ""Name""" CONNECTION 'host=y' PUBLICATION "p 2" WITH (connect = false);`;
  expect(subscriptionsIn([...text, '', odd, '    CREATE SUBSCRIPTION none CONNECTION'].join('\n'))).toEqual([
    'plain',
    '"Odd ""Name"""',
  ]);
});

describe('tables', () => {
  it('are known by their columns out of the text of the schema', () => {
    const text = [
      'CREATE TABLE public.users (',
      '    id integer NOT NULL,',
      '    "Full ""Name""" text,',
      '    CONSTRAINT users_check CHECK ((id > 0))',
      ');',
      '',
      'CREATE UNLOGGED TABLE "Odd".t (',
      '    n numeric(10,2) DEFAULT 0',
      ')',
      "WITH (fillfactor='70');",
    ].join('\n');
    expect(Object.fromEntries([...columnsOf(text)].map(([name, { columns }]) => [name, columns]))).toEqual({
      'public.users': ['id', 'Full "Name"'],
      '"Odd".t': ['n'],
    });
  });

  it('may be named without the quotes that PostgreSQL needs', () => {
    expect(quotedName('public.users')).toBe('public.users');
    expect(quotedName('public.Odd Name')).toBe('public."Odd Name"');
    expect(quotedName('public."Odd Name"')).toBe('public."Odd Name"');
  });
});
