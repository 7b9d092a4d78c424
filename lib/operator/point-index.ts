import { idOf } from '../../functions/contract/ids.ts';
import { idOfKey, keys, type ProofKey, parseProofKey } from '../../functions/contract/keys.ts';
import { newestDecisions, type Retained } from '../../functions/contract/retention.ts';
import type { Vault } from './vault.ts';

/** Which points exist and what they are, from the keys of four listings alone: no object is read (DESIGN §5). */
export interface PointIndex {
  manifests: ReadonlySet<string>;
  /** Ids of runs that planned a point and failed. */
  failures: ReadonlySet<string>;
  /** Proofs of each id, newest first. */
  proofs: ReadonlyMap<string, readonly ProofKey[]>;
  /** The newest decision about how long each point stays. */
  decided: ReadonlyMap<string, Retained>;
}

/** The index of all points, or of those whose id is after `since`. */
export async function readIndex(vault: Vault, since?: string): Promise<PointIndex> {
  const { suite } = vault;
  const prefixes = [keys.manifests(suite), keys.failures(suite), keys.proofs(suite), keys.retention(suite)];
  const listings = await Promise.all(
    prefixes.map((prefix) => vault.list(prefix, since === undefined ? undefined : `${prefix}${since}`)),
  );
  return indexOf(suite, listings.flat());
}

/** The index of one id: four short listings, however many points there are. */
export async function readIndexOf(vault: Vault, id: string): Promise<PointIndex> {
  const { suite } = vault;
  const prefixes = [
    `${keys.manifests(suite)}${id}.`,
    `${keys.failures(suite)}${id}.`,
    `${keys.proofs(suite)}${id}/`,
    `${keys.retention(suite)}${id}/`,
  ];
  const listings = await Promise.all(prefixes.map((prefix) => vault.list(prefix)));
  return indexOf(suite, listings.flat());
}

/** The index that a set of keys makes; keys of any other form (findings of a proof under way, for one) are no points. */
export function indexOf(suite: string, stored: readonly string[]): PointIndex {
  const idsBelow = (prefix: string) => new Set(stored.flatMap((key) => idOfKey(prefix, key) ?? []));
  const proofs = stored.filter((key) => key.startsWith(keys.proofs(suite))).flatMap((key) => parseProofKey(suite, key) ?? []);
  const newestFirst = proofs.sort((one, other) => compare(other.proofId, one.proofId));
  return {
    manifests: idsBelow(keys.manifests(suite)),
    failures: idsBelow(keys.failures(suite)),
    proofs: Map.groupBy(newestFirst, ({ id }) => id),
    decided: newestDecisions(
      suite,
      stored.filter((key) => key.startsWith(keys.retention(suite))),
    ),
  };
}

/** All ids, newest first, the lock's own among them: a run that has just begun has written nothing else yet. */
export function idsOf(index: PointIndex, lockedId: string | null): string[] {
  const ids = new Set([...index.manifests, ...index.failures, ...(lockedId === null ? [] : [lockedId])]);
  return [...ids].sort((one, other) => compare(other, one));
}

/** Ids that have a manifest, newest first. */
export function storedIds(index: PointIndex): string[] {
  return [...index.manifests].sort((one, other) => compare(other, one));
}

/** Ids that have a manifest and whose newest proof passed, newest first; so say the keys, reading the point may show otherwise. */
export function provenIds(index: PointIndex): string[] {
  return storedIds(index).filter((id) => index.proofs.get(id)?.[0]?.passed === true);
}

/** A suite that is backed up daily is answered by the first look: a page of each listing, among however many points. */
const LOOK_BACK_DAYS = [2, 40];

/** An index that reaches back only as far as it must to answer. */
export async function readIndexUntil(vault: Vault, now: Date, answers: (index: PointIndex) => boolean): Promise<PointIndex> {
  for (const days of LOOK_BACK_DAYS) {
    const recent = await readIndex(vault, daysBefore(now, days));
    if (answers(recent)) return recent;
  }
  return readIndex(vault);
}

/** The id of a moment some days before another, to list from. */
export function daysBefore(now: Date, days: number): string {
  return idOf(new Date(now.getTime() - days * 86_400_000));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
