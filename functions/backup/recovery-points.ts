import { NamedError } from '../contract/errors.ts';
import { idOf, timeOf } from '../contract/ids.ts';
import { idOfKey, keys, parseProofKey } from '../contract/keys.ts';
import { type Manifest, parseManifest } from '../contract/manifest.ts';
import { signedEvidence } from '../runtime/evidence.ts';
import type { Signing } from '../runtime/signing.ts';
import type { Vault } from '../runtime/vault.ts';

const DAY = 24 * 3600 * 1000;
/** The newest point of a suite that still runs is not older; a page of the listing holds 1,000. */
const LOOK_BACK_DAYS = 40;

/** Ids below a prefix since 40 days ago, oldest first: one request, however long the history is. */
export function recentIds(vault: Vault, prefix: string, now: Date): Promise<string[]> {
  return idsSince(vault, prefix, idOf(new Date(now.getTime() - LOOK_BACK_DAYS * DAY)));
}

/** Ids of the newest stored points, oldest first. After a longer pause they are looked for in the whole history. */
export async function newestIds(vault: Vault, suite: string, now: Date): Promise<string[]> {
  const recent = await recentIds(vault, keys.manifests(suite), now);
  return recent.length > 0 ? recent : idsSince(vault, keys.manifests(suite), '');
}

async function idsSince(vault: Vault, prefix: string, since: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of vault.list(prefix, `${prefix}${since}`)) {
    const id = idOfKey(prefix, key);
    if (id) ids.push(id);
  }
  return ids;
}

/** A manifest that was sealed here; undefined for one that is not there, that somebody damaged, or that somebody else wrote: no reason to let the next backup fail. */
export async function readSealed(vault: Vault, signing: Signing, suite: string, id: string): Promise<Manifest | undefined> {
  const text = await vault.getText(keys.manifest(suite, id));
  if (text === undefined) return undefined;
  try {
    const manifest = parseManifest(text, { suite, id });
    return (await signing.problemWith(JSON.parse(text) as object)) === null ? manifest : undefined;
  } catch (error) {
    if (error instanceof NamedError && error.name === 'ManifestInvalid') return undefined;
    throw error;
  }
}

/**
 * The newest point whose newest proof passed: the reference of the anomaly gate. After a longer pause it is looked for in the whole history:
 * what shrank meanwhile must not pass for want of a reference. Undefined when there is none whose evidence is ours.
 */
export async function newestProven(vault: Vault, signing: Signing, suite: string, before: string): Promise<Manifest | undefined> {
  const recent = idOf(new Date(timeOf(before).getTime() - LOOK_BACK_DAYS * DAY));
  for (const since of [recent, '']) {
    for (const id of await provenIds(vault, suite, since, before)) {
      const manifest = await readSealed(vault, signing, suite, id);
      if (manifest && (await signedEvidence(vault, signing, suite, id)).problems.length === 0) return manifest;
    }
  }
  return undefined;
}

/** Newest first. */
async function provenIds(vault: Vault, suite: string, since: string, before: string): Promise<string[]> {
  const verdicts = new Map<string, { proofId: string; passed: boolean }>();
  for await (const { key } of vault.list(keys.proofs(suite), `${keys.proofs(suite)}${since}`)) {
    const proof = parseProofKey(suite, key);
    if (!proof || proof.id >= before) continue;
    const newest = verdicts.get(proof.id);
    if (!newest || proof.proofId > newest.proofId) verdicts.set(proof.id, proof);
  }
  const proven = [...verdicts].filter(([, { passed }]) => passed).map(([id]) => id);
  return proven.sort().reverse();
}
