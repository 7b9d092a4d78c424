import { NamedError } from '../contract/errors.ts';
import { idOfKey, keys, type ProofKey, parseProofKey } from '../contract/keys.ts';
import { type Manifest, parseManifest } from '../contract/manifest.ts';
import { isProven, newestDecisions, parseRetentionKey, type Retained } from '../contract/retention.ts';
import { isOver, type RetentionPolicy, type StoredPoint } from '../contract/retention-plan.ts';
import type { ListedVersion, Vault } from '../runtime/vault.ts';

/** A delete marker over something of a point whose time has not come, or over a decision: those stay for ever. */
export interface Hidden {
  readonly id: string;
  readonly key: string;
  readonly versionId: string;
}

export interface History {
  readonly points: readonly StoredPoint[];
  /** Ids of all manifests, also of those that nobody can read. */
  readonly sealed: ReadonlySet<string>;
  /** The newest decision about each point. */
  readonly decided: ReadonlyMap<string, Retained>;
  readonly hidden: readonly Hidden[];
}

/**
 * All points that are stored, also those that somebody hid with a delete marker, from four listings: a request per 1,000 objects. Only points
 * that nothing was decided about yet are read.
 */
export async function readHistory(vault: Vault, suite: string, policy: RetentionPolicy, now: Date): Promise<History> {
  const [manifests, proofs, artifacts, decisions] = await Promise.all([
    gather(vault.listVersions(keys.manifests(suite))),
    gather(vault.listVersions(keys.proofs(suite))),
    gather(vault.listVersions(keys.artifacts(suite))),
    gather(vault.listVersions(keys.retention(suite))),
  ]);
  // One that is hidden counts: who hides that a point is kept does not let it go.
  const decided = newestDecisions(
    suite,
    decisions.filter(({ isMarker }) => !isMarker).map(({ key }) => key),
  );
  const stored = new Map<string, ListedVersion>();
  for (const version of manifests) {
    const id = idOfKey(keys.manifests(suite), version.key);
    if (id && !version.isMarker) stored.set(id, version);
  }
  const newestProofs = newestProofOf(suite, proofs);
  const found = [...stored].map(async ([id, version]): Promise<StoredPoint | undefined> => {
    const decision = decided.get(id);
    const asked = decision?.asked ?? (await readVersion(vault, suite, id, version.versionId))?.tier;
    if (asked === undefined) return undefined;
    return {
      id,
      storedAt: version.modifiedAt,
      proven: isProven(newestProofs.get(id), decision),
      asked,
      decided: decision ?? null,
    };
  });
  const points = (await Promise.all(found)).filter((point) => point !== undefined);
  const staying = new Map(points.filter((point) => !isOver(point, policy, now)).map(({ id }) => [id, stored.get(id)!.versionId]));
  const ofPoint = (version: ListedVersion) => idOfObject(suite, version.key);
  const hides = ({ isMarker, isLatest }: ListedVersion) => isMarker && isLatest;
  const markers = [...manifests, ...proofs, ...artifacts].filter(hides);
  const named = new Map<string, Set<string>>();
  const hidden = decisions.filter(hides).flatMap(({ key, versionId }): Hidden[] => {
    const decision = parseRetentionKey(suite, key);
    return decision ? [{ id: decision.id, key, versionId }] : [];
  });
  for (const marker of markers) {
    const id = ofPoint(marker);
    const manifestVersion = id === undefined ? undefined : staying.get(id);
    if (id === undefined || manifestVersion === undefined) continue;
    if (marker.key.startsWith(keys.artifacts(suite))) {
      // What a failed attempt left goes by its own rule.
      let keysOfPoint = named.get(id);
      if (!keysOfPoint) {
        const manifest = await readVersion(vault, suite, id, manifestVersion);
        keysOfPoint = new Set(manifest?.sources.flatMap((source) => source.artifacts.map(({ key }) => key)));
        named.set(id, keysOfPoint);
      }
      if (!keysOfPoint.has(marker.key)) continue;
    }
    hidden.push({ id, key: marker.key, versionId: marker.versionId });
  }
  return { points, sealed: new Set(stored.keys()), decided, hidden };
}

/** A proof that is hidden counts: it is shown again. */
function newestProofOf(suite: string, versions: readonly ListedVersion[]): Map<string, ProofKey> {
  const newest = new Map<string, ProofKey>();
  for (const { key, isMarker } of versions) {
    const proof = isMarker ? undefined : parseProofKey(suite, key);
    if (proof && proof.proofId > (newest.get(proof.id)?.proofId ?? '')) newest.set(proof.id, proof);
  }
  return newest;
}

function idOfObject(suite: string, key: string): string | undefined {
  return (
    idOfKey(keys.manifests(suite), key) ??
    parseProofKey(suite, key)?.id ??
    new RegExp(`^${suite}/artifacts/(\\d{8}T\\d{6}Z)/`).exec(key)?.[1]
  );
}

/** A manifest that somebody damaged decides nothing, and must not keep the others from being decided about. */
async function readVersion(vault: Vault, suite: string, id: string, versionId: string): Promise<Manifest | undefined> {
  const text = await vault.getText(keys.manifest(suite, id), versionId);
  if (text === undefined) return undefined;
  try {
    return parseManifest(text, { suite, id });
  } catch (error) {
    if (error instanceof NamedError && error.name === 'ManifestInvalid') return undefined;
    throw error;
  }
}

async function gather<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
