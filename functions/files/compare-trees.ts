import { type Inventory, type InventoryEntry, readableName } from './inventory.ts';

/** What differs between a tree as it was captured and one that lies on a disk. Names are readable text. */
export interface TreeDifferences {
  /** Entries that were compared. */
  readonly compared: number;
  readonly missing: readonly string[];
  readonly different: readonly { readonly name: string; readonly message: string }[];
  /** On the disk, but not in the recovery point. */
  readonly extra: readonly string[];
}

/**
 * Compares type, size, mode, owner, time, link target, content and which names are one file (hard links). An entry that changed while it was
 * captured may be there in any version; one that came or went then may be missing. `isChosen`: which names (as the inventory has them) are
 * meant; folders above them may be there, whatever they are.
 */
export function compareTrees(
  point: Inventory,
  disk: Inventory,
  isChosen: (name: string) => boolean = () => true,
): TreeDifferences {
  const chosen = [...point].filter(([name]) => isChosen(name));
  const missing = chosen.filter(([name, { fleeting }]) => !fleeting && !disk.has(name)).map(([name]) => readableName(name));
  const different: { name: string; message: string }[] = [];
  for (const [name, expected] of chosen) {
    const actual = disk.get(name);
    if (!actual || expected.changed || expected.fleeting) continue;
    const fact = differingFact(expected, actual) ?? differingLinks(name, point, disk);
    if (fact) different.push({ name: readableName(name), message: `${readableName(name)} ${fact}` });
  }
  const above = foldersAbove(chosen.map(([name]) => name));
  const extra = [...disk]
    .filter(([name, { type }]) => !(point.has(name) && isChosen(name)) && !(type === 'd' && above.has(name)))
    .map(([name]) => readableName(name));
  return { compared: chosen.length, missing, different, extra };
}

function differingFact(expected: InventoryEntry, actual: InventoryEntry): string | undefined {
  if (expected.type !== actual.type) return 'is of another type.';
  if (expected.type === 'f' && expected.size !== actual.size) return `has ${actual.size} bytes, not ${expected.size}.`;
  if (expected.type === 'f' && (expected.sha256 === null || expected.sha256 !== actual.sha256)) return 'has another content.';
  if (expected.type === 'l' && expected.target !== actual.target) return 'links elsewhere.';
  if (expected.mode !== actual.mode) return `has mode ${actual.mode.toString(8)}, not ${expected.mode.toString(8)}.`;
  if (expected.uid !== actual.uid || expected.gid !== actual.gid) {
    return `belongs to ${actual.uid}:${actual.gid}, not ${expected.uid}:${expected.gid}.`;
  }
  return expected.mtime !== actual.mtime ? 'has another time.' : undefined;
}

/** A name that shared its file with a compared other must share it with that one now. */
function differingLinks(name: string, point: Inventory, disk: Inventory): string | undefined {
  const first = firstNames(point).get(name);
  const together = first !== undefined && disk.get(first)?.inode === disk.get(name)?.inode;
  return first === undefined || first === name || !disk.has(first) || together
    ? undefined
    : `is no longer one file with ${readableName(first)}.`;
}

const known = new WeakMap<Inventory, Map<string, string>>();

/** For each name of a file or link that has several in the tree: the first of them. An archive holds a pipe or a device once per name. */
function firstNames(inventory: Inventory): Map<string, string> {
  const found = known.get(inventory);
  if (found) return found;
  const byInode = new Map<string, string>();
  const firsts = new Map<string, string>();
  for (const [name, { type, inode }] of inventory) {
    if ((type !== 'f' && type !== 'l') || inode === undefined) continue;
    firsts.set(name, byInode.get(inode) ?? name);
    if (!byInode.has(inode)) byInode.set(inode, name);
  }
  known.set(inventory, firsts);
  return firsts;
}

function foldersAbove(names: readonly string[]): Set<string> {
  const above = new Set(['.']);
  for (const name of names) {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) above.add(name.slice(0, end));
  }
  return above;
}
