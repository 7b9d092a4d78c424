import { describe, expect, it } from 'vitest';
import type { CrossCheck } from '../../../functions/contract/sources.ts';
import { findReferences, judgeCrossCheck } from '../../../functions/files/references.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
async function* inLists(...lists: string[][]) {
  yield* lists.map((list) => list.map(bytes));
}
const find = (paths: string[], names: string[], root: string | null = null) =>
  findReferences(inLists(paths), new Set(['.', ...names].map(bytes)), root);

const CHECK: CrossCheck = {
  name: 'attachments',
  database: 'shop',
  sql: 'select 1',
  source: 'volume-uploads',
  severity: 'warning',
};

describe('a path that rows refer to', () => {
  it.each([
    ['a/b', 'a/b'],
    ['/a/b', 'a/b'],
    ['./a//b/', 'a/b'],
    ['a/./b', 'a/b'],
    ['/', '.'],
    ['', '.'],
    ['it\'s "a" \\ b\n\té 日本', 'it\'s "a" \\ b\n\té 日本'],
    [' a', ' a'],
  ])('%j is the entry %j', async (path, name) => {
    expect(await find([path], [name])).toEqual({ paths: 1, missing: 0, named: [] });
  });

  it.each([
    ['a/B', 'a/b'],
    ['a/b/c', 'a/b'],
    ['a', 'a/b'],
    ['../a', 'a'],
    ['x/../a', 'a'],
    ['a ', 'a'],
    ['a%20b', 'a b'],
    ['e\u0301', 'é'],
  ])('%j is not the entry %j', async (path, name) => {
    expect(await find([path], [name])).toEqual({ paths: 1, missing: 1, named: [path] });
  });

  it.each([
    ['/app/Ü/a', '/app/Ü'],
    ['/app/Ü/a', '/app/Ü/'],
    ['/a', '/app/Ü'],
    ['a', '/app/Ü'],
    ['/a', '/'],
  ])('%j may begin with the root %j, or at it', async (path, root) => {
    expect(await find([path], ['a'], root)).toMatchObject({ missing: 0 });
  });

  it('is not shortened by what only looks like the root', async () => {
    expect(await find(['/app2/a', 'app/a', '/ap'], ['a'], '/app')).toMatchObject({ missing: 3 });
    expect(await find(['/app'], [], '/app')).toMatchObject({ missing: 0 });
  });
});

it('counts all that are missing and names the first ten, however many lists there are', async () => {
  const lists = Array.from({ length: 400 }, (_, list) => Array.from({ length: 50 }, (_, n) => `${list * 50 + n}`));
  const found = await findReferences(inLists(...lists), new Set(['1', '19999']), null);
  expect(found).toEqual({ paths: 20_000, missing: 19_998, named: ['0', '2', '3', '4', '5', '6', '7', '8', '9', '10'] });
});

describe('a cross-check', () => {
  it('is ok only if nothing is missing', () => {
    expect(judgeCrossCheck(CHECK, 'volume uploads', { paths: 3, missing: 0, named: [] })).toEqual({
      kind: 'cross',
      source: 'shop',
      name: 'attachments',
      ok: true,
      severity: 'warning',
      expected: { missing: 0 },
      actual: { paths: 3, missing: 0, named: [] },
      message: 'All 3 paths that rows refer to are in volume uploads.',
      error: null,
    });
  });

  it('names what is missing so that nothing in a name can be mistaken, in a message of bounded length', () => {
    const named = ['a, "b"\n', ...Array.from({ length: 9 }, (_, n) => `${n}${'x'.repeat(4000)}`)];
    const { ok, error, message, actual } = judgeCrossCheck(CHECK, 'volume uploads', { paths: 30, missing: 12, named });
    expect([ok, error, actual]).toEqual([false, 'CheckFailed', { paths: 30, missing: 12, named }]);
    expect(message).toMatch(
      /^Check "attachments": 12 of 30 paths that rows refer to are not in volume uploads: "a, \\"b\\"\\n", "0x+…", .* and 2 more\.$/,
    );
    expect(message.length).toBeLessThan(2500);
  });

  it('that could not be asked is not ok, in the severity it has', () => {
    for (const severity of ['warning', 'failure'] as const) {
      expect(judgeCrossCheck({ ...CHECK, severity }, 'volume uploads', { problem: 'gave 2 columns.' })).toMatchObject({
        ok: false,
        severity,
        actual: null,
        message: 'Check "attachments" gave 2 columns.',
        error: 'CheckFailed',
      });
    }
  });
});
