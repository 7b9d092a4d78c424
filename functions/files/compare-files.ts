import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import type { Check } from '../contract/proof.ts';
import { fillHoles } from './fill-holes.ts';
import { type Inventory, type InventoryEntry, readableName, relative } from './inventory.ts';

/** The letters of `find -printf %y` for tar's types; a hard link is what the entry it names is. */
const TYPES: Partial<Record<NonNullable<Header['type']>, string>> = {
  file: 'f',
  'contiguous-file': 'f',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  'character-device': 'c',
  'block-device': 'b',
};
/** One character per byte, as the inventory has it; an option that the library's own types leave out. */
const EXACT_NAMES = { filenameEncoding: 'latin1' } as object;
/** A proof names that many entries one by one; the summary counts them all. */
const NAMED = 50;

/**
 * Unpacks an archive as a stream, so that any size fits, hashing every file, and compares it with the inventory: every entry must be there
 * with its type, size, mode, owner, time, link target and content, and none may be too many.
 * @throws whatever the stream throws (a cut or damaged archive).
 */
export async function compareFiles(source: string, inventory: Inventory, tar: Readable): Promise<Check[]> {
  const problems: Check[] = [];
  const warnings: Check[] = [];
  const seen = new Map<string, Content>();
  let bytes = 0;
  const plain = Readable.from(fillHoles(tar));
  const unpack = plain.pipe(extract(EXACT_NAMES));
  plain.on('error', (error) => unpack.destroy(error));
  for await (const entry of unpack) {
    const name = relative(entry.header.name);
    const hash = createHash('sha256');
    for await (const chunk of entry) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    const content =
      entry.header.type === 'link'
        ? seen.get(relative(entry.header.linkname ?? ''))
        : contentOf(entry.header, hash.digest('hex'));
    seen.set(name, content ?? NOTHING);
    const listed = inventory.get(name);
    if (!listed) {
      problems.push(check(source, name, null, describe(entry.header), 'is in the archive, but was not in the source.'));
    } else if (listed.changed || listed.fleeting) {
      warnings.push(warning(source, name));
    } else {
      const problem = differenceOf(listed, entry.header, content ?? NOTHING);
      if (problem) problems.push(check(source, name, problem.expected, problem.actual, problem.message));
    }
  }
  for (const [name, listed] of inventory) {
    if (!seen.has(name) && !listed.fleeting) problems.push(check(source, name, listed.type, null, 'is missing in the archive.'));
  }
  const expected = { entries: [...inventory.values()].filter(({ fleeting }) => !fleeting).length };
  const summary: Check = {
    kind: 'files',
    source,
    name: 'all entries',
    ok: problems.length === 0,
    severity: 'failure',
    expected,
    actual: { entries: seen.size, bytes, different: problems.length, changedWhileRead: warnings.length },
    message:
      problems.length === 0
        ? `${seen.size} entries, ${bytes} bytes unpacked and the same.`
        : `${problems.length} entries differ.`,
    error: problems.length === 0 ? null : 'FilesMismatch',
  };
  return [...problems.slice(0, NAMED), summary, ...warnings.slice(0, NAMED)];
}

/** What an entry holds, as against who may do what with it; several names may share it. */
interface Content {
  readonly type: string;
  readonly size: number;
  readonly target: string;
  readonly sha256: string | null;
}
/** A hard link to an entry that is not in the archive. */
const NOTHING: Content = { type: 'link to nothing', size: 0, target: '', sha256: null };

function contentOf({ type = 'file', size = 0, linkname }: Header, sha256: string): Content {
  return { type: TYPES[type ?? 'file'] ?? String(type), size: size ?? 0, target: linkname ?? '', sha256 };
}

function differenceOf(listed: InventoryEntry, header: Header, { type, size, target, sha256 }: Content) {
  if (type !== listed.type) return { expected: listed.type, actual: type, message: 'is of another type in the archive.' };
  if (type === 'f') {
    if (size !== listed.size) return { expected: listed.size, actual: size, message: 'has another size in the archive.' };
    if (listed.sha256 === null) return { expected: null, actual: sha256, message: 'has no hash to compare.' };
    if (sha256 !== listed.sha256)
      return { expected: listed.sha256, actual: sha256, message: 'has another content in the archive.' };
  }
  if (type === 'l' && target !== listed.target) {
    return { expected: readableName(listed.target), actual: readableName(target), message: 'links elsewhere in the archive.' };
  }
  const facts = (['mode', 'uid', 'gid', 'mtime'] as const).map((fact) => {
    const actual = fact === 'mtime' ? secondsOf(header, listed.mtime < 0) : (header[fact] ?? 0);
    return { fact, expected: listed[fact], actual };
  });
  const different = facts.find(({ expected, actual }) => expected !== actual);
  return different && { ...different, message: `has another ${different.fact} in the archive.` };
}

/** tar-stream reads the two's complement that stands for a time before 1970 as one second too late. */
function secondsOf({ mtime }: Header, before1970: boolean): number {
  return Math.floor((mtime?.getTime() ?? 0) / 1000) - (before1970 ? 1 : 0);
}

function describe({ type, size }: Header) {
  return { type, size };
}

function check(source: string, name: string, expected: unknown, actual: unknown, message: string): Check {
  const text = readableName(name);
  return {
    kind: 'files',
    source,
    name: text,
    ok: false,
    severity: 'failure',
    expected,
    actual,
    message: `${text} ${message}`,
    error: 'FilesMismatch',
  };
}

function warning(source: string, name: string): Check {
  const text = readableName(name);
  const message = `${text} changed while it was read; the archive holds one of its versions.`;
  return {
    kind: 'files',
    source,
    name: text,
    ok: false,
    severity: 'warning',
    expected: null,
    actual: null,
    message,
    error: null,
  };
}
