import { describe, expect, it } from 'vitest';
import type { InspectedDatabase, InspectedTree } from '../../../functions/contract/host-results.ts';
import { chosenItems } from '../../../functions/restore/items.ts';
import { type Context, judgeItem } from '../../../functions/restore/judge-items.ts';
import { manifest, options, POINT, SOURCES } from './samples.ts';

const database = (change: Partial<InspectedDatabase> = {}): InspectedDatabase => ({
  container: { name: 'db', running: true },
  server: { version: '15.4', versionNumber: 150004 },
  superuser: true,
  exists: true,
  bytes: 1,
  freeBytes: 1e9,
  databases: ['shop'],
  schemas: ['public'],
  connections: 1,
  preparedTransactions: 0,
  slots: 0,
  subscriptions: 0,
  eventTriggers: 0,
  clientZstd: true,
  unreadable: null,
  tables: [],
  ...change,
});
const tree = (change: Partial<InspectedTree> = {}): InspectedTree => ({
  target: '/srv',
  exists: true,
  isFile: false,
  files: 1,
  bytes: 1,
  newer: 0,
  freeBytes: 1e9,
  container: { name: 'app', running: true },
  writable: true,
  ...change,
});

function judged(name: string, result: object | null, change: Parameters<typeof options>[0] = {}, more: Partial<Context> = {}) {
  const wanted = options({ mode: 'full', ...change });
  const chosen = chosenItems(manifest(), wanted, SOURCES).items.find(({ source }) => source.name === name)!;
  const context: Context = {
    restoreId: '20261124T020000Z-abcdef',
    point: POINT,
    options: wanted,
    place: {},
    suffixOf: () => `.before-${POINT}`,
    tables: new Map(),
    takenNames: [],
    ...more,
  };
  const error = { name: 'HostUnreachable', message: 'gone' };
  return judgeItem(chosen, [{ key: chosen.item, ok: result !== null, result, error: result === null ? error : null }], context);
}
const problems = (...args: Parameters<typeof judged>) =>
  judged(...args).problems.map(({ value, message }) => `${value}: ${message}`);

describe('a database', () => {
  it('is restored beside the one that is there, which is kept by a name that is free', () => {
    const { item } = judged('shop', database({ databases: ['shop', `shop_before_${POINT}`] }));
    expect(item).toMatchObject({ target: 'shop', previous: `shop_before_${POINT}_2`, exists: true });
    expect(judged('shop', database({ exists: false, databases: [] })).item).toMatchObject({ previous: null, exists: false });
  });

  it('that is too damaged to be looked into is replaced, but none of its tables is', () => {
    const found = database({ unreadable: 'FATAL: not a valid data directory' });
    const whole = judged('shop', found);
    expect(whole.problems).toEqual([]);
    expect(whole.item!.warnings).toMatchObject([{ name: 'DatabaseUnreachable', message: expect.stringContaining('FATAL') }]);
    const { problems } = judged('shop', found, { mode: 'tables', tables: ['public.orders'] });
    expect(problems).toContainEqual(expect.objectContaining({ value: 'DatabaseUnreachable' }));
  });

  it.each([
    ['no container', { container: null, server: null }, /^ContainerNotFound: There is no container "db". Make it first/],
    [
      'a container that stands',
      { container: { name: 'db', running: false }, server: null },
      /^ContainerNotRunning: .*docker start db/,
    ],
    ['a server that does not answer', { server: null }, /^DatabaseUnreachable/],
    ['an older server', { server: { version: '14.9', versionNumber: 140009 } }, /^ClientServerMismatch: .*14\.9.*15\.4/],
    ['prepared transactions', { preparedTransactions: 2 }, /^SwapFailed: .*2 prepared transactions/],
    ['subscriptions', { subscriptions: 1 }, /^SwapFailed: .*1 subscriptions/],
    ['replication slots', { slots: 1 }, /^SwapFailed: .*1 logical replication slots/],
  ])('is not restored with %s', (_, change, expected) => {
    expect(problems('shop', database(change))).toEqual([expect.stringMatching(expected)]);
  });

  it('that the host could not be asked about is a problem, not a guess', () => {
    expect(problems('shop', null)).toEqual(['HostUnreachable: gone']);
  });
});

describe('tables', () => {
  const tables = new Map([['database-shop', new Map([['public.users', { columns: ['id', 'name'] }]])]]);
  const replace = (names: string[], found: Partial<InspectedDatabase>) =>
    problems('shop', database(found), { mode: 'tables', tables: names, replace: true }, { tables });
  const users = (columns: string[], exists = true) => ({
    tables: [{ name: 'public.users', exists, columns: columns.map((name) => ({ name, type: 'text' })), referencedBy: [] }],
  });

  it('are replaced when they have the same columns, and not otherwise', () => {
    expect(replace(['public.users'], users(['name', 'id']))).toEqual([]);
    expect(replace(['public.users'], users(['id', 'mail']))).toEqual([
      'TableDiffers: Table public.users has other columns now: the live one lacks name; the point lacks mail.',
    ]);
    expect(replace(['public.users'], users([], false))).toEqual([expect.stringMatching(/^TableNotFound: The live database/)]);
    expect(replace(['public.user'], {})).toEqual([expect.stringMatching(/^TableNotFound: public\.user is no table/)]);
    expect(replace(['public.users'], { ...users(['id', 'name']), superuser: false })).toEqual([
      expect.stringMatching(/^HostPermission/),
    ]);
  });

  it('go side by side into a schema that is free', () => {
    const { item } = judged(
      'shop',
      database({ schemas: ['public', `restored_${POINT}`] }),
      { mode: 'tables', tables: ['public.users'] },
      { tables },
    );
    expect(item).toMatchObject({ previous: null, what: expect.stringContaining(`"restored_${POINT}_2"`) });
  });
});

describe('a tree of files', () => {
  it('is restored beside the old; what is newer is told', () => {
    const { item } = judged('uploads', tree({ newer: 3 }));
    expect(item).toMatchObject({ newer: 3, warnings: [{ name: 'NewerFiles' }], previous: expect.stringContaining('/before') });
    expect(judged('environment', tree()).item!.previous).toBe(`*.before-${POINT}`);
    expect(judged('uploads', tree({ target: null, exists: false })).item).toMatchObject({ exists: false, previous: null });
  });

  it('touches nothing when it is written elsewhere', () => {
    const { item } = judged('uploads', tree({ newer: 3, writable: false }), { mode: 'files', to: '/tmp/x' });
    expect(item).toMatchObject({ target: '/tmp/x', swaps: false, previous: null, newer: null, warnings: [] });
  });

  it('is not restored where it cannot be', () => {
    expect(problems('uploads', tree({ writable: false }))).toEqual([expect.stringMatching(/^HostPermission/)]);
    expect(problems('exports', tree({ container: null, target: null, exists: false }))).toEqual([
      expect.stringMatching(/^ContainerNotFound/),
    ]);
  });
});
