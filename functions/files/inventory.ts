import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { NamedError } from '../contract/errors.ts';

/**
 * What a tree held while it was archived (functions/files/archive-tree.sh): listed before and after, and hashed. Names are kept as
 * latin1, one character per byte, because a file's name is bytes: `readableName` makes text of it for people.
 */
export interface InventoryEntry {
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970: what the archive's format keeps. */
  readonly mtime: number;
  readonly target: string;
  /** Null for all but regular files, and for a file that vanished before it was hashed. */
  readonly sha256: string | null;
  /** It differed between the two lists: the archive holds some version of it. */
  readonly changed: boolean;
  /** It was on one of the two lists only: the archive may hold it or not. */
  readonly fleeting: boolean;
  /** Names with the same one are the same file. */
  readonly inode?: string;
}
export type Inventory = ReadonlyMap<string, InventoryEntry>;

const FIELDS = 11;
/** Which of them is the name. */
const NAME = 9;
const MEMBERS = ['before', 'after', 'hashes', 'odd-hashes'] as const;

/** @throws NamedError FilesMismatch when it is no inventory. */
export async function readInventory(tar: Readable): Promise<Inventory> {
  const members = new Map<string, string>();
  const unpack = tar.pipe(extract());
  tar.on('error', (error) => unpack.destroy(error));
  for await (const entry of unpack) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    members.set(entry.header.name, Buffer.concat(chunks).toString('latin1'));
  }
  const [before, after, hashes, odd] = MEMBERS.map((name) => {
    const text = members.get(name);
    if (text === undefined) throw new NamedError('FilesMismatch', `The stored inventory has no "${name}".`);
    return text;
  });
  return merge(records(before!), records(after!), parseHashes(hashes!, odd!));
}

/**
 * Names that were there before and after, so certainly in the archive; nothing else of the inventory is held, since there may be millions.
 * @throws NamedError FilesMismatch when it is no inventory.
 */
export async function readNames(tar: Readable): Promise<ReadonlySet<string>> {
  const before = new Set<string>();
  const both = new Set<string>();
  let lists = 0;
  const unpack = tar.pipe(extract());
  tar.on('error', (error) => unpack.destroy(error));
  for await (const entry of unpack) {
    const { name } = entry.header;
    if (name !== 'before' && name !== 'after') {
      entry.resume();
      continue;
    }
    let field = 0;
    for await (const texts of textsIn(entry)) {
      for (const text of texts) {
        if (field++ % FIELDS !== NAME) continue;
        // A copy: a part of the text would keep the whole list alive.
        const path = Buffer.from(relative(text), 'latin1').toString('latin1');
        if (name === 'before') before.add(path);
        else if (before.delete(path)) both.add(path);
      }
    }
    if (field % FIELDS === 0) lists++;
  }
  if (lists !== 2) throw new NamedError('FilesMismatch', 'The stored inventory is cut or garbled.');
  return both;
}

/**
 * The texts of a stream, each ended by NUL, as latin1 and as many at once as arrived.
 * @throws NamedError FilesMismatch when the last has no end.
 */
export async function* textsIn(stream: AsyncIterable<unknown>): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of stream) {
    const texts = (rest + (chunk as Buffer).toString('latin1')).split('\0');
    rest = texts.pop()!;
    yield texts;
  }
  if (rest !== '') throw new NamedError('FilesMismatch', 'A stored list is cut.');
}

function records(text: string): Map<string, string[]> {
  const fields = text.split('\0');
  if (fields.pop() !== '' || fields.length % FIELDS !== 0) {
    throw new NamedError('FilesMismatch', 'The stored inventory is cut or garbled.');
  }
  const found = new Map<string, string[]>();
  for (let at = 0; at < fields.length; at += FIELDS) {
    const record = fields.slice(at, at + FIELDS);
    found.set(relative(record[NAME]!), record);
  }
  return found;
}

function parseHashes(hashes: string, odd: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of hashes.split('\n')) {
    const match = /^([0-9a-f]{64}) [* ](.*)$/.exec(line);
    if (match) found.set(relative(match[2]!), match[1]!);
  }
  const pairs = odd.split('\0');
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    if (pairs[at]!.length === 64) found.set(relative(pairs[at + 1]!), pairs[at]!);
  }
  return found;
}

function merge(before: Map<string, string[]>, after: Map<string, string[]>, hashes: Map<string, string>): Inventory {
  const inventory = new Map<string, InventoryEntry>();
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [first, second] = [before.get(name), after.get(name)];
    const record = (second ?? first)!;
    const [type, size, mode, uid, gid, mtime, , inode, , , target] = record;
    inventory.set(name, {
      type: type!,
      size: Number(size),
      mode: Number.parseInt(mode!, 8),
      uid: Number(uid),
      gid: Number(gid),
      mtime: Math.floor(Number(mtime)),
      target: target!,
      sha256: hashes.get(name) ?? null,
      changed: first !== undefined && second !== undefined && first.join('\0') !== second.join('\0'),
      fleeting: first === undefined || second === undefined,
      inode: inode!,
    });
  }
  return inventory;
}

/** `./a/b` and `./` as they stand in lists and archives, without their beginning: `a/b` and `.`. */
export function relative(name: string): string {
  return name.replace(/^\.\//, '').replace(/\/+$/, '') || '.';
}

export function readableName(name: string): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}
