import { chmod, lchown, lutimes, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Attributes {
  mode?: number;
  /** Numbers of user and group; only root can give files away. */
  owner?: readonly [number, number];
  modifiedAt?: Date;
}

/** A file by its content alone, or a file, a folder or a symbolic link with attributes. */
export type Entry =
  | string
  | Uint8Array
  | ({ content: string | Uint8Array } & Attributes)
  | ({ folder: true } & Attributes)
  | { link: string; owner?: readonly [number, number]; modifiedAt?: Date };

/** Entries by their path relative to the tree's root. Folders above an entry need no entry of their own. */
export type Tree = Record<string, Entry>;

/** Writes a tree below a folder, over what is there. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
  const entries = Object.entries(tree).map(([path, entry]) => [join(folder, path), normalised(entry)] as const);
  await mkdir(folder, { recursive: true });
  for (const [path, entry] of entries) {
    if ('folder' in entry) {
      await mkdir(path, { recursive: true });
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    if ('link' in entry) {
      await rm(path, { force: true });
      await symlink(entry.link, path);
    } else {
      await writeFile(path, entry.content);
    }
  }
  // Afterwards and deepest first: a folder's time changes with every entry, and its mode may forbid one.
  for (const [path, entry] of entries.reverse()) {
    if (entry.owner) await lchown(path, ...entry.owner);
    if ('mode' in entry && entry.mode !== undefined) await chmod(path, entry.mode);
    if (entry.modifiedAt) await lutimes(path, entry.modifiedAt, entry.modifiedAt);
  }
}

function normalised(entry: Entry): Exclude<Entry, string | Uint8Array> {
  return typeof entry === 'string' || entry instanceof Uint8Array ? { content: entry } : entry;
}
