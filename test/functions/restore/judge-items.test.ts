import { describe, expect, it } from 'vitest';
import type { InspectedDatabase, InspectedTree } from '../../../functions/contract/host-results.ts';
import type { Source } from '../../../functions/contract/sources.ts';
import { chosenItems } from '../../../functions/restore/items.ts';
import { type Answer, type Context, judgeItem } from '../../../functions/restore/judge-items.ts';
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
  empty: false,
  files: 1,
  bytes: 1,
  newer: 0,
  freeBytes: 1e9,
  container: { name: 'app', running: true },
  writable: true,
  ...change,
});

type Asked = Pick<Answer, 'ok' | 'result' | 'error'>;

function judged(
  name: string,
  result: object | null,
  change: Parameters<typeof options>[0] = {},
  more: Partial<Context> = {},
  { diff = [], sources = SOURCES }: { diff?: Asked[]; sources?: Source[] } = {},
) {
  const wanted = options({ mode: 'full', ...change });
  const chosen = chosenItems(manifest(), wanted, sources).items.find(({ source }) => source.name === name)!;
  const context: Context = {
    restoreId: '20261124T020000Z-abcdef',
    point: POINT,
    options: wanted,
    place: {},
    suffixOf: () => `.before-${POINT}`,
    tables: new Map(),
    subscriptions: new Map([['database-shop', ['elsewhere']]]),
    takenNames: [],
    ...more,
  };
  const error = { name: 'HostUnreachable', message: 'gone' };
  const answers = [
    { key: chosen.item, ok: result !== null, result, error: result === null ? error : null },
    ...diff.map((answer) => ({ key: `${chosen.item}-diff`, ...answer })),
  ];
  return judgeItem(chosen, answers, context);
}
const problems = (...args: Parameters<typeof judged>) => {
  const { gone, problems } = judged(...args);
  return [...(gone ? [gone] : []), ...problems].map(({ value, message }) => `${value}: ${message}`);
};

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
    expect(whole.item!.warnings).toContainEqual({ name: 'DatabaseUnreachable', message: expect.stringContaining('FATAL') });
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

describe('what is known not to come back', () => {
  const warnings = (...args: Parameters<typeof judged>) => judged(...args).item!.warnings;

  it('is told of a database: its owners and grants when they are dropped, its subscriptions', () => {
    const disabled = {
      name: 'SubscriptionsDisabled',
      message: expect.stringMatching(/"shop" come back disabled.*: elsewhere\.$/),
    };
    expect(warnings('shop', database())).toEqual([
      { name: 'OwnersDropped', message: expect.stringMatching(/^Owners and grants of "shop" are not restored/) },
      disabled,
    ]);
    const sources: Source[] = SOURCES.map((one) => (one.kind === 'database' ? { ...one, ownership: 'keep' } : one));
    expect(warnings('shop', database(), {}, {}, { sources })).toEqual([disabled]);
  });

  it('is told of roles that exist with other attributes, or that they could not be compared', () => {
    expect(warnings('db', { missing: ['clerk'], differing: [] })).toEqual([]);
    expect(warnings('db', { missing: [], differing: ['app', 'reader'] })).toEqual([
      { name: 'RolesDiffer', message: expect.stringMatching(/stay as they are: app, reader\.$/) },
    ]);
    expect(warnings('db', null)).toEqual([{ name: 'HostUnreachable', message: expect.stringContaining('cannot be said: gone') }]);
    expect(problems('db', null)).toEqual([]);
  });
});

describe('the difference of a configuration', () => {
  const difference = (answer: Asked) => judged('environment', tree(), { mode: 'config' }, {}, { diff: [answer] }).item!;

  it('that could not be made is told, and does not look like no difference', () => {
    const { diff, warnings } = difference({ ok: false, result: null, error: { name: 'ResultInvalid', message: 'too long' } });
    expect(diff).toBeNull();
    expect(warnings).toEqual([{ name: 'ResultInvalid', message: 'What would change cannot be shown: too long' }]);
  });

  it('that is longer than one answer says how many more files differ', () => {
    const files = [{ name: '.env', state: 'missing', diff: [] }];
    expect(difference({ ok: true, result: { files, unnamed: 0 }, error: null })).toMatchObject({ diff: files, warnings: [] });
    expect(difference({ ok: true, result: { files, unnamed: 7 }, error: null })).toMatchObject({
      diff: files,
      warnings: [{ name: 'MoreDiffers', message: expect.stringContaining('7 more files differ') }],
    });
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
    const { item, problems } = judged('uploads', tree({ newer: 3, empty: true }), { mode: 'files', to: '/tmp/x' });
    expect(item).toMatchObject({ target: '/tmp/x', exists: false, swaps: false, previous: null, newer: null, warnings: [] });
    expect(problems).toEqual([]);
  });

  it.each([
    ['is not empty', {}, 'RestoreRefused: /tmp/x is not empty; name a folder that is, or that does not exist.'],
    ['is a file', { isFile: true, empty: true }, 'RestoreRefused: /tmp/x is a file, or lies below one; name a folder.'],
    ['may not be written', { writable: false, empty: true }, 'HostPermission: /tmp/x cannot be written to.'],
  ])('is not written elsewhere when that %s', (_, found, expected) => {
    expect(problems('uploads', tree(found), { mode: 'files', to: '/tmp/x' })).toEqual([expected]);
  });

  it('is not restored where it cannot be', () => {
    expect(problems('uploads', tree({ writable: false }))).toEqual([expect.stringMatching(/^HostPermission/)]);
    expect(problems('exports', tree({ container: null, target: null, exists: false }))).toEqual([
      expect.stringMatching(/^ContainerNotFound/),
    ]);
  });
});
