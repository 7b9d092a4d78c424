import { describe, expect, it } from 'vitest';
import type { Check } from '../../../functions/contract/proof.ts';
import { compareFingerprints } from '../../../functions/postgres/compare-fingerprints.ts';
import type { Entry, Fingerprint } from '../../../functions/postgres/fingerprint.ts';

const table = (name: string, rows: number, hash: string | null = 'h', method: 'record' | 'text' | 'count' = 'text'): Entry => ({
  kind: 'table',
  name,
  rows,
  hash,
  method,
});
const sequence = (name: string, phase: 'before' | 'after' | 'restored', next: string): Entry => ({
  kind: 'sequence',
  name,
  phase,
  next,
});
const objects = (count: number, hash: string | null = 'o'): Entry => ({ kind: 'large-objects', count, hash });
const fingerprint = (entries: Entry[], mode: Fingerprint['mode'] = 'hash'): Fingerprint => ({
  schema: 'suite-backup.fingerprint.v1',
  mode,
  entries,
});

/** What failed, `kind name: message`. */
function failures(expected: Fingerprint, actual: Fingerprint): string[] {
  const failed = compareFingerprints('shop', expected, actual).filter(({ ok }) => !ok);
  for (const { severity, error, source } of failed) {
    expect([severity, error, source]).toEqual(['failure', 'FingerprintMismatch', 'shop']);
  }
  return failed.map(({ kind, name, message }: Check) => `${kind} ${name}: ${message}`);
}

const CAPTURED = [
  table('public.orders', 3),
  table('public.users', 2, 'u', 'record'),
  sequence('public.ids', 'before', '10'),
  sequence('public.ids', 'after', '12'),
  objects(1),
];
const RESTORED = [
  table('public.orders', 3),
  table('public.users', 2, 'u', 'record'),
  sequence('public.ids', 'restored', '11'),
  objects(1),
];
const without = (entries: Entry[], name: string) => entries.filter((entry) => !('name' in entry) || entry.name !== name);

describe('a restored database', () => {
  it('that is the same passes with a check for each table, sequence and the large objects', () => {
    const checks = compareFingerprints('shop', fingerprint(CAPTURED), fingerprint(RESTORED));
    expect(checks.map(({ kind, name, ok }) => [kind, name, ok])).toEqual([
      ['table', 'public.orders', true],
      ['table', 'public.users', true],
      ['sequence', 'public.ids', true],
      ['large-objects', 'large objects', true],
    ]);
  });

  const rows: [string, Entry[], Entry[], string][] = [
    [
      'a table is missing',
      CAPTURED,
      without(RESTORED, 'public.orders'),
      'table public.orders: Table public.orders is missing after the restore.',
    ],
    [
      'a table is too many',
      CAPTURED,
      [...RESTORED, table('public.extra', 0)],
      'table public.extra: Table public.extra is there after the restore, but was not captured.',
    ],
    [
      'a row is missing',
      CAPTURED,
      [...without(RESTORED, 'public.orders'), table('public.orders', 2)],
      'table public.orders: Table public.orders had 3 rows and has 2 after the restore.',
    ],
    [
      'a row is another',
      CAPTURED,
      [...without(RESTORED, 'public.orders'), table('public.orders', 3, 'x')],
      'table public.orders: Table public.orders has 3 rows, but not the same content.',
    ],
    [
      'its hash was made in another way',
      CAPTURED,
      [...without(RESTORED, 'public.orders'), table('public.orders', 3, 'h', 'record')],
      'table public.orders: Table public.orders has 3 rows, but not the same content.',
    ],
    [
      'the captured hash is absent',
      [...without(CAPTURED, 'public.orders'), table('public.orders', 3, null)],
      RESTORED,
      'table public.orders: Table public.orders has no hash to compare.',
    ],
    [
      'the restored hash is absent',
      CAPTURED,
      [...without(RESTORED, 'public.orders'), table('public.orders', 3, null)],
      'table public.orders: Table public.orders has no hash to compare.',
    ],
    [
      'both hashes are absent',
      [...without(CAPTURED, 'public.orders'), table('public.orders', 3, null)],
      [...without(RESTORED, 'public.orders'), table('public.orders', 3, null)],
      'table public.orders: Table public.orders has no hash to compare.',
    ],
    [
      'a sequence is missing',
      CAPTURED,
      without(RESTORED, 'public.ids'),
      'sequence public.ids: Sequence public.ids is missing after the restore.',
    ],
    [
      'a sequence is too many',
      CAPTURED,
      [...RESTORED, sequence('public.more', 'restored', '1')],
      'sequence public.more: Sequence public.more is there after the restore, but was not captured.',
    ],
    [
      'a sequence was set back',
      CAPTURED,
      [...without(RESTORED, 'public.ids'), sequence('public.ids', 'restored', '9')],
      'sequence public.ids: Sequence public.ids would go on at 9, which is outside 10 to 12.',
    ],
    [
      'a sequence is ahead by more than its numbers that fit a double can tell',
      [sequence('s', 'before', '9007199254740993'), sequence('s', 'after', '9007199254740993'), objects(0)],
      [sequence('s', 'restored', '9007199254740992'), objects(0)],
      'sequence s: Sequence s would go on at 9007199254740992, which is outside 9007199254740993 to 9007199254740993.',
    ],
    [
      'a large object is missing',
      CAPTURED,
      [...RESTORED.slice(0, -1), objects(0)],
      'large-objects large objects: Large objects are not the same after the restore.',
    ],
    [
      'a large object is another',
      CAPTURED,
      [...RESTORED.slice(0, -1), objects(1, 'x')],
      'large-objects large objects: Large objects are not the same after the restore.',
    ],
    [
      'large objects were not read after the restore',
      CAPTURED,
      RESTORED.slice(0, -1),
      'large-objects large objects: Large objects were not read on both sides.',
    ],
    [
      'large objects have no hash',
      [...CAPTURED.slice(0, -1), objects(1, null)],
      [...RESTORED.slice(0, -1), objects(1, null)],
      'large-objects large objects: Large objects were not read on both sides.',
    ],
  ];
  it.each(rows)('fails with just that when %s', (_, captured, restored, message) => {
    expect(failures(fingerprint(captured), fingerprint(restored))).toEqual([message]);
  });

  it('fails when nothing was read back at all', () => {
    expect(failures(fingerprint(CAPTURED), fingerprint([]))).toHaveLength(4);
  });

  it('fails when nothing was captured, though nothing is there to differ', () => {
    expect(failures(fingerprint([]), fingerprint([]))).toEqual([
      'large-objects large objects: Large objects were not read on both sides.',
    ]);
  });

  it('fails when the two sides were not read in the same way', () => {
    const failed = failures(fingerprint(CAPTURED), fingerprint(RESTORED, 'count'));
    expect(failed).toEqual(['table fingerprint: Captured with "hash", read back with "count": nothing can be compared.']);
  });
});

describe('a fingerprint that only counts', () => {
  const captured = fingerprint([table('t', 3, null, 'count'), objects(1, null)], 'count');

  it('passes with the same counts and no hash', () => {
    expect(failures(captured, fingerprint([table('t', 3, null, 'count'), objects(1, null)], 'count'))).toEqual([]);
  });

  it('still finds a row or a table that is missing', () => {
    const restored = fingerprint([table('t', 2, null, 'count'), objects(1, null)], 'count');
    expect(failures(captured, restored)).toEqual(['table t: Table t had 3 rows and has 2 after the restore.']);
    expect(failures(captured, fingerprint([objects(1, null)], 'count'))).toEqual([
      'table t: Table t is missing after the restore.',
    ]);
  });
});

it('a sequence that came or went while the dump ran may be there or not', () => {
  const captured = fingerprint([sequence('s', 'after', '1'), objects(0)]);
  expect(failures(captured, fingerprint([objects(0)]))).toEqual([]);
  expect(failures(captured, fingerprint([sequence('s', 'restored', '5'), objects(0)]))).toEqual([]);
});
