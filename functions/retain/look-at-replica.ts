import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { idOf, isoSeconds } from '../contract/ids.ts';
import { idOfKey, keys } from '../contract/keys.ts';
import { type Manifest, parseManifest } from '../contract/manifest.ts';
import { type LookedAt, NEWEST_LOOKED_AT, objectsOfPoint, problemOf, type ReplicaLook, stateOf } from '../contract/replica.ts';
import { nextTime } from '../contract/retention.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { type Listed, Vault } from '../runtime/vault.ts';

const input = z.object({ suite: z.string() });

/** Backups that stood still for longer than this are somebody else's alarm. */
const LOOK_BACK_DAYS = 40;
/** Of objects that are not there: enough to know how it stands with the point. */
const MOST_ASKED = 100;

const vault = new Vault(required('BUCKET'));
const replica = storedIn(vault)('replica');

/**
 * Are the newest points at the replica? By its listings: what is not there is asked for in the vault, one by one. Tags, which retention has
 * changed a moment ago, are replicated again, so the vault's word alone would call every point late.
 */
export const handler = agent(input, async ({ suite }) => {
  const now = new Date();
  const prefix = keys.manifests(suite);
  const since = `${prefix}${idOf(new Date(now.getTime() - LOOK_BACK_DAYS * 86_400_000))}`;
  const manifests: Listed[] = [];
  for await (const listed of vault.list(prefix, since)) if (idOfKey(prefix, listed.key)) manifests.push(listed);
  const newest = manifests.reverse().slice(0, NEWEST_LOOKED_AT);
  const points = (await Promise.all(newest.map((listed) => lookAt(suite, listed, now)))).filter((point) => point !== null);
  const look: ReplicaLook = {
    schema: 'suite-backup.replica-look.v1',
    suite,
    at: isoSeconds(now),
    points,
    problem: problemOf(points),
  };
  await vault.putOnce(keys.replicaLook(suite, nextTime(now, undefined)), JSON.stringify(look));
  return { problem: look.problem };
});

async function lookAt(suite: string, { key, modifiedAt }: Listed, now: Date): Promise<LookedAt | null> {
  const id = idOfKey(keys.manifests(suite), key)!;
  const manifest = await readable(suite, id);
  if (!manifest) return null;
  const versions = new Map(manifest.sources.flatMap(({ artifacts }) => artifacts.map((one) => [one.key, one.versionId])));
  const ofProofs = `${keys.proofs(suite)}${id}/`;
  const [proofs, ...there] = await Promise.all([
    keysBelow(vault, ofProofs),
    ...[keys.artifactPrefix(suite, id), ofProofs, key].map((prefix) => keysBelow(replica, prefix)),
  ]);
  const present = new Set(there.flat());
  const objects = objectsOfPoint(suite, manifest, proofs);
  const lacking = objects.filter((one) => !present.has(one));
  const heads = await Promise.all(lacking.slice(0, MOST_ASKED).map((one) => vault.head(one, versions.get(one))));
  // What the vault has lost is told by its own proofs.
  const statuses = heads.flatMap((head) => (head ? [head.replication] : []));
  return {
    id,
    storedAt: isoSeconds(modifiedAt),
    state: stateOf(statuses, modifiedAt, now),
    objects: objects.length,
    lacking: lacking.length,
    first: lacking[0] ?? null,
  };
}

/** A manifest that somebody damaged is told by the proofs. */
async function readable(suite: string, id: string): Promise<Manifest | null> {
  const text = await vault.getText(keys.manifest(suite, id));
  try {
    return text === undefined ? null : parseManifest(text, { suite, id });
  } catch (error) {
    if (error instanceof NamedError && error.name === 'ManifestInvalid') return null;
    throw error;
  }
}

async function keysBelow(from: Vault, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of from.list(prefix)) found.push(key);
  return found;
}
