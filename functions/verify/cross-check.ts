import { extract } from 'tar-stream';
import * as z from 'zod';
import { artifactOf, type Manifest, type ManifestSource } from '../contract/manifest.ts';
import { sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import type { CrossCheck } from '../contract/sources.ts';
import { readNames, textsIn } from '../files/inventory.ts';
import { type Answer, findReferences, judgeCrossCheck } from '../files/references.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { openStored } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, storeFindings } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  label: z.string(),
  checks: z.custom<CrossCheck[]>(Array.isArray),
  /** The lists that functions/verify/list-references.sh made, by the position of their check. */
  listKey: z.string(),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Are the files that rows of the restored database refer to in the recovery point? Both sides come from the vault, and no list is held whole. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const manifest = await readPoint(point, place);
  const answers = new Map<number, Answer>();
  const lists = await openStored(vault, place.listKey);
  const unpack = lists.pipe(extract());
  lists.on('error', (error) => unpack.destroy(error));
  for await (const entry of unpack) {
    const [, position, kind] = /(\d+)\.(paths|columns|failed)$/.exec(entry.header.name) ?? [];
    const check = place.checks[Number(position)];
    if (check) answers.set(Number(position), await answerIn(kind!, entry, point, treeOf(manifest, check)));
    else entry.resume();
  }
  const checks = place.checks.map((check, position) =>
    judgeCrossCheck(check, whereIs(check, treeOf(manifest, check)), answers.get(position) ?? { problem: 'gave no answer.' }),
  );
  return storeFindings(vault, place, sectionName('cross', place.label), checks);
});

async function answerIn(
  kind: string,
  entry: AsyncIterable<unknown>,
  point: Vault,
  tree: ManifestSource | undefined,
): Promise<Answer> {
  if (kind === 'paths') return findReferences(textsIn(entry), await namesOf(point, tree), rootOf(tree));
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return { problem: kind === 'failed' ? `failed: ${text}` : `gave ${text} columns; it must give exactly one.` };
}

function treeOf(manifest: Manifest, { source }: CrossCheck): ManifestSource | undefined {
  return manifest.sources.find(({ label }) => label === source);
}

/** A source that was absent, or not declared yet, holds nothing: rows that refer to it refer to nothing. */
async function namesOf(point: Vault, tree: ManifestSource | undefined): Promise<ReadonlySet<string>> {
  if (tree?.state !== 'captured') return new Set();
  const { key, versionId } = artifactOf(tree, 'inventory');
  return readNames(await openStored(point, key, versionId));
}

/** A volume may be mounted anywhere. */
function rootOf(tree: ManifestSource | undefined): string | null {
  return tree?.kind === 'path' ? String(tree.declared.path) : tree?.kind === 'files' ? String(tree.declared.directory) : null;
}

function whereIs({ source }: CrossCheck, tree: ManifestSource | undefined): string {
  const words = source.replace('-', ' ');
  return tree?.state === 'captured' ? words : `${words}, which this point does not hold`;
}
