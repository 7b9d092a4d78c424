import { NamedError } from '../contract/errors.ts';
import { timeOf } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { parseManifest } from '../contract/manifest.ts';
import { lockedUntil, objectLock } from '../contract/object-lock.ts';
import { type Hold, type Retained, retentionKey } from '../contract/retention.ts';
import { RETENTION_TAG, type Retention, type Tier } from '../contract/tiers.ts';
import { optional } from '../runtime/environment.ts';
import type { Vault } from '../runtime/vault.ts';

interface StoredObject {
  readonly key: string;
  readonly versionId: string;
}

const lock = optional('OBJECT_LOCK', objectLock);
/** S3 takes thousands of requests a second; a function has only so many sockets. */
const AT_ONCE = 10;

/**
 * Carries out one decision: tags every object of the point, its proofs too, and records it. A run that dies in between leaves what the next one
 * finishes: what is held, or given up, is recorded before it is tagged and looked at by every later run; of all else the record comes last.
 * @throws NamedError ArtifactMissing, ManifestInvalid: it cannot be held, because it is not whole; ObjectsHidden: not before it is shown again
 */
export async function carryOut(
  vault: Vault,
  suite: string,
  order: Retained,
  by: string,
): Promise<{ id: string; tagged: number }> {
  const holds = order.hold === 'floor' || order.hold === 'kept';
  const objects =
    order.hold === 'damaged' ? await leftOf(vault, suite, order.id) : await objectsOf(vault, suite, order.id, holds);
  if (order.hold !== 'tier') await record(vault, suite, order, by);
  const tagged = await tagAll(vault, objects, tagOf(order));
  await lockAll(vault, objects, order, holds);
  if (holds) await inBatches(objects, (object) => requireShown(vault, order.id, object));
  if (order.hold === 'tier') await record(vault, suite, order, by);
  return { id: order.id, tagged };
}

/** Once: a decision that is carried out again is the same one. */
export async function record(vault: Vault, suite: string, order: Retained, by: string): Promise<void> {
  await vault.putOnce(retentionKey(suite, order), JSON.stringify({ schema: 'suite-backup.retention.v1', ...order, by }));
}

/** The word that lifecycle rules look for. */
export function tagOf({ hold, tier }: { hold: Hold; tier: Tier }): Retention {
  if (hold === 'pruned') return 'failed';
  return hold === 'tier' ? tier : 'pinned';
}

/** Artifacts, proofs, and the manifest last: as long as that is not held, the point is not counted on. */
async function objectsOf(vault: Vault, suite: string, id: string, whole: boolean): Promise<StoredObject[]> {
  const manifest = await vault.read(keys.manifest(suite, id));
  if (!manifest) throw new NamedError('ObjectsHidden', `${keys.manifest(suite, id)} is gone or hidden since this run looked.`);
  const { sources } = parseManifest(manifest.text, { suite, id });
  const artifacts = sources.flatMap((source) => source.artifacts);
  const proofs = await shownBelow(vault, `${keys.proofs(suite)}${id}/`);
  const there = await inBatches(artifacts, async ({ key, versionId }) => {
    if (await vault.head(key, versionId)) return [{ key, versionId }];
    if (whole) throw new NamedError('ArtifactMissing', `${key} of ${id} is gone.`);
    return [];
  });
  return [...there.flat(), ...proofs, { key: keys.manifest(suite, id), versionId: manifest.versionId }];
}

/** Whatever a damaged point still has, also when nobody can read in its manifest what that is. */
async function leftOf(vault: Vault, suite: string, id: string): Promise<StoredObject[]> {
  const prefixes = [keys.artifactPrefix(suite, id), `${keys.proofs(suite)}${id}/`, keys.manifest(suite, id)];
  return (await Promise.all(prefixes.map((prefix) => shownBelow(vault, prefix)))).flat();
}

async function shownBelow(vault: Vault, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const { key } of vault.list(prefix)) {
    const head = await vault.head(key);
    if (head) objects.push({ key, versionId: head.versionId });
  }
  return objects;
}

async function tagAll(vault: Vault, objects: readonly StoredObject[], value: Retention): Promise<number> {
  const changed = await inBatches(objects, async ({ key, versionId }) => {
    const tags = await vault.tagsOf(key, versionId);
    if (!tags || tags[RETENTION_TAG] === value) return false;
    await vault.tag(key, versionId, { ...tags, [RETENTION_TAG]: value });
    const now = await vault.tagsOf(key, versionId);
    if (now?.[RETENTION_TAG] !== value) throw new NamedError('RetentionFailed', `${key} was tagged ${value} and is not.`);
    return true;
  });
  return changed.filter(Boolean).length;
}

/** What is held is locked anew by every run that holds it, for the days of its tier; a promoted point for those of its new one. */
async function lockAll(
  vault: Vault,
  objects: readonly StoredObject[],
  { id, hold, tier }: Retained,
  holds: boolean,
): Promise<void> {
  if (!lock || hold === 'pruned' || hold === 'damaged') return;
  const until = lockedUntil(holds ? new Date() : timeOf(id), lock.days[tier]);
  if (until <= new Date()) return;
  await inBatches(objects, ({ key, versionId }) => vault.lock(key, versionId, lock.mode, until));
}

/** An expiry that raced the tag has put a delete marker over it. A newer version over it does no harm: a restore reads what was sealed. */
async function requireShown(vault: Vault, id: string, { key, versionId }: StoredObject): Promise<void> {
  if (!(await vault.head(key, versionId))) throw new NamedError('ArtifactMissing', `${key} of ${id} is gone.`);
  if (!(await vault.head(key))) throw new NamedError('ObjectsHidden', `${key} was hidden by a delete marker meanwhile.`);
}

async function inBatches<Item, Answer>(items: readonly Item[], work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    answers.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  return answers;
}
