import type { Check } from '../contract/proof.ts';
import { type Entry, entriesOf, type Fingerprint } from './fingerprint.ts';

type Table = Extract<Entry, { kind: 'table' }>;
type Sequence = Extract<Entry, { kind: 'sequence' }>;

/**
 * One check per table that was captured or is there now, per sequence, and one for large objects. A table that is missing, one too many,
 * or a hash that is absent on either side is a failed check: nothing is ok for want of something to compare.
 */
export function compareFingerprints(source: string, expected: Fingerprint, actual: Fingerprint): Check[] {
  const mode = expected.mode;
  const checks = [
    ...compareTables(source, mode, entriesOf(expected, 'table'), entriesOf(actual, 'table')),
    ...compareSequences(source, entriesOf(expected, 'sequence'), entriesOf(actual, 'sequence')),
    compareLargeObjects(source, mode, expected, actual),
  ];
  if (actual.mode === mode) return checks;
  const message = `Captured with "${mode}", read back with "${actual.mode}": nothing can be compared.`;
  return [...checks, check('table', source, 'fingerprint', mode, actual.mode, false, message)];
}

function compareTables(source: string, mode: Fingerprint['mode'], expected: Table[], actual: Table[]): Check[] {
  const restored = byName(actual);
  const captured = byName(expected);
  const kept = [...captured.values()].map((table) => {
    const found = restored.get(table.name);
    const [want, got] = [content(table), found ? content(found) : null];
    if (!found) return check('table', source, table.name, want, got, false, `Table ${table.name} is missing after the restore.`);
    if (mode === 'hash' && (table.hash === null || found.hash === null)) {
      return check('table', source, table.name, want, got, false, `Table ${table.name} has no hash to compare.`);
    }
    if (table.rows !== found.rows) {
      const message = `Table ${table.name} had ${table.rows} rows and has ${found.rows} after the restore.`;
      return check('table', source, table.name, want, got, false, message);
    }
    const same = table.hash === found.hash && table.method === found.method;
    const message = same
      ? `${table.rows} rows are the same.`
      : `Table ${table.name} has ${table.rows} rows, but not the same content.`;
    return check('table', source, table.name, want, got, same, message);
  });
  const extra = [...restored.values()]
    .filter((table) => !captured.has(table.name))
    .map((table) =>
      check(
        'table',
        source,
        table.name,
        null,
        content(table),
        false,
        `Table ${table.name} is there after the restore, but was not captured.`,
      ),
    );
  return [...kept, ...extra];
}

/** Sequences move outside every snapshot: what would come next must lie between what it was before and after the dump. */
function compareSequences(source: string, expected: Sequence[], actual: Sequence[]): Check[] {
  const restored = byName(actual);
  const names = Map.groupBy(expected, ({ name }) => name);
  const kept = [...names].map(([name, readings]) => {
    const seen = readings.map(({ next }) => BigInt(next)).sort((a, b) => (a < b ? -1 : Number(a > b)));
    const [low, high] = [seen[0]!, seen.at(-1)!];
    const found = restored.get(name);
    const range = { from: String(low), to: String(high) };
    // Seen once only: it came or went while the dump ran, so there is nothing it must lie between.
    const settled = seen.length > 1;
    const within = found !== undefined && BigInt(found.next) >= low && BigInt(found.next) <= high;
    const ok = settled ? within : true;
    const message = !settled
      ? `Sequence ${name} came or went while the dump ran.`
      : !found
        ? `Sequence ${name} is missing after the restore.`
        : within
          ? 'Lies where it stood while the dump ran.'
          : `Sequence ${name} would go on at ${found.next}, which is outside ${range.from} to ${range.to}.`;
    return check('sequence', source, name, range, found?.next ?? null, ok, message);
  });
  const extra = actual
    .filter(({ name }) => !names.has(name))
    .map(({ name, next }) =>
      check('sequence', source, name, null, next, false, `Sequence ${name} is there after the restore, but was not captured.`),
    );
  return [...kept, ...extra];
}

function compareLargeObjects(source: string, mode: Fingerprint['mode'], expected: Fingerprint, actual: Fingerprint): Check {
  const [want] = entriesOf(expected, 'large-objects');
  const [got] = entriesOf(actual, 'large-objects');
  const say = (entry: typeof want) => (entry ? { count: entry.count, hash: entry.hash } : null);
  const complete = want !== undefined && got !== undefined && (mode === 'count' || (want.hash !== null && got.hash !== null));
  const ok = complete && want.count === got.count && want.hash === got.hash;
  const message = !complete
    ? 'Large objects were not read on both sides.'
    : ok
      ? `${want.count} large objects are the same.`
      : 'Large objects are not the same after the restore.';
  return check('large-objects', source, 'large objects', say(want), say(got), ok, message);
}

function content({ rows, hash, method }: Table) {
  return { rows, hash, method };
}

function byName<Named extends { name: string }>(entries: readonly Named[]): Map<string, Named> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function check(
  kind: Check['kind'],
  source: string,
  name: string,
  expected: unknown,
  actual: unknown,
  ok: boolean,
  message: string,
): Check {
  return { kind, source, name, ok, severity: 'failure', expected, actual, message, error: ok ? null : 'FingerprintMismatch' };
}
