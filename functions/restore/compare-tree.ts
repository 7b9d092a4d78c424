import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { artifactOf } from '../contract/manifest.ts';
import { readFrom } from '../contract/replica.ts';
import { compareTrees, type TreeDifferences } from '../files/compare-trees.ts';
import { readInventory } from '../files/inventory.ts';
import { chosenBy } from '../files/path-patterns.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { openStored } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint } from './records.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  label: z.string(),
  /** The inventory of what lies on the disk now. */
  inventoryKey: z.string(),
  /** Patterns, each followed by NUL, base64; empty: everything was restored. */
  paths: z.string(),
});

/** A message names that many entries. */
const NAMED = 10;

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Holds what was restored beside a tree against the recovery point. @throws NamedError FilesMismatch */
export const handler = agent(input, async ({ suite, id, from, label, inventoryKey, paths }) => {
  const sealed = stored(from);
  const manifest = await readPoint(sealed, suite, id);
  const source = manifest.sources.find((candidate) => candidate.label === label);
  if (!source) throw new NamedError('ManifestInvalid', `The manifest of ${id} has no source ${label}.`);
  const { key, versionId } = artifactOf(source, 'inventory');
  const point = await readInventory(await openStored(sealed, key, versionId));
  const disk = await readInventory(await openStored(vault, inventoryKey));
  const patterns = Buffer.from(paths, 'base64').toString('utf8').split('\0').slice(0, -1);
  const found = compareTrees(point, disk, chosenBy(patterns));
  const problems = problemsOf(found);
  if (problems.length === 0) return { entries: found.compared };
  const more = problems.length > NAMED ? ` And ${problems.length - NAMED} more.` : '';
  throw new NamedError(
    'FilesMismatch',
    `What was unpacked of ${label} is not the point: ${problems.slice(0, NAMED).join(' ')}${more}`,
  );
});

function problemsOf({ missing, different, extra }: TreeDifferences): string[] {
  return [
    ...missing.map((name) => `${name} is missing.`),
    ...different.map(({ message }) => message),
    ...extra.map((name) => `${name} is too many.`),
  ];
}
