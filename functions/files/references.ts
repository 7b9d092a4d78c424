import type { Check } from '../contract/proof.ts';
import type { CrossCheck } from '../contract/sources.ts';
import { readableName } from './inventory.ts';

/** What rows refer to, held against the names of a tree. */
export interface References {
  /** Different paths. */
  readonly paths: number;
  readonly missing: number;
  /** The first of the missing, as the rows have them. */
  readonly named: readonly string[];
}
export type Answer = References | { readonly problem: string };

const NAMED = 10;
/** Characters of a name in a message, which must fit into alerts and causes; `actual` has it whole. */
const LONGEST_NAME = 200;

/**
 * Looks for paths in a tree, byte by byte. They are relative to its root; one that begins with `root`, the absolute path that the tree has
 * where the application runs, is too, and so is any other that begins with a slash.
 */
export async function findReferences(
  lists: AsyncIterable<readonly string[]>,
  names: ReadonlySet<string>,
  root: string | null,
): Promise<References> {
  const prefix = root === null ? null : `${Buffer.from(root, 'utf8').toString('latin1').replace(/\/+$/, '')}/`;
  const named: string[] = [];
  let [paths, missing] = [0, 0];
  for await (const list of lists) {
    for (const path of list) {
      paths++;
      if (names.has(nameOf(path, prefix))) continue;
      missing++;
      if (named.length < NAMED) named.push(readableName(path));
    }
  }
  return { paths, missing, named };
}

function nameOf(path: string, prefix: string | null): string {
  const inside = prefix !== null && `${path}/`.startsWith(prefix) ? path.slice(prefix.length) : path;
  const parts = inside.split('/').filter((part) => part !== '' && part !== '.');
  return parts.join('/') || '.';
}

/** `where`: the tree, for people. What could not be asked or looked for counts as the check says, like a path that is missing. */
export function judgeCrossCheck({ name, database, severity }: CrossCheck, where: string, answer: Answer): Check {
  const base = { kind: 'cross' as const, source: database, name, severity, expected: { missing: 0 } };
  if ('problem' in answer) {
    return { ...base, ok: false, actual: null, message: `Check "${name}" ${answer.problem}`, error: 'CheckFailed' };
  }
  const { paths, missing, named } = answer;
  const ok = missing === 0;
  const more = missing - named.length;
  const list = named
    .map((path) => JSON.stringify(path.length > LONGEST_NAME ? `${path.slice(0, LONGEST_NAME)}…` : path))
    .join(', ');
  const message = ok
    ? `All ${paths} paths that rows refer to are in ${where}.`
    : `Check "${name}": ${missing} of ${paths} paths that rows refer to are not in ${where}: ${list}${more > 0 ? ` and ${more} more` : ''}.`;
  return { ...base, ok, actual: answer, message, error: ok ? null : 'CheckFailed' };
}
