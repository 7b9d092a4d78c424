import { keys } from '../../functions/contract/keys.ts';
import { NEWEST_LOOKED_AT, objectsOfPoint, type ReplicaLook, replicaLook } from '../../functions/contract/replica.ts';
import { type Connection, readingFrom } from './connection.ts';
import { readManifest } from './documents.ts';
import { toOperatorError } from './operator-error.ts';
import { type PointIndex, provenIds, readIndexUntil, storedIds } from './point-index.ts';
import { ageText, mark, type Style } from './text.ts';
import { Vault } from './vault.ts';

/** What lies off-site, asked for now; null: the suite has no replica. */
export interface ReplicaStatus {
  bucket: string;
  region: string;
  /** The newest proven point of which everything is there. */
  newestProven: string | null;
  /** Of the newest points of the vault: objects that are not there yet. `since`: when the oldest of their points was stored. */
  lag: { objects: number; points: string[]; since: string | null };
  /** What the workflow found when it last looked; it also asks S3 what has become of each object. */
  lastLook: { at: string; points: ReplicaLook['points'] } | null;
  error: { name: 'ReplicaBehind'; message: string } | null;
}

export async function readReplica(connection: Connection, index: PointIndex): Promise<ReplicaStatus | null> {
  if (connection.replica === null) return null;
  const { bucket, region } = connection.replica;
  const [vault, replica] = [new Vault(connection), new Vault(readingFrom(connection, 'replica'))];
  const newest = storedIds(index).slice(0, NEWEST_LOOKED_AT);
  const look = await lastLook(vault);
  // A replica that cannot be read now must not keep anybody from knowing how it is with the vault.
  const [lacking, whole] = await Promise.allSettled([
    Promise.all(newest.map((id) => lackingOf(vault, replica, id))),
    newestWhole(replica),
  ]);
  const unread = [lacking, whole].flatMap((part) => (part.status === 'rejected' ? [toOperatorError(part.reason)] : []));
  const problems = [
    ...unread.slice(0, 1).map(({ name, message }) => `It cannot be read: ${name}: ${message}`),
    ...(look?.problem ? [look.problem] : []),
  ];
  const behind = lacking.status === 'rejected' ? [] : lacking.value.filter(({ objects }) => objects > 0);
  return {
    bucket,
    region,
    newestProven: whole.status === 'rejected' ? null : whole.value,
    lag: {
      objects: behind.reduce((sum, { objects }) => sum + objects, 0),
      points: behind.map(({ id }) => id),
      since: behind.at(-1)?.storedAt ?? null,
    },
    lastLook: look && { at: look.at, points: look.points },
    error: problems.length > 0 ? { name: 'ReplicaBehind', message: problems.join(' ') } : null,
  };
}

interface Lacking {
  id: string;
  storedAt: string | null;
  objects: number;
}

/** How many objects of a point of the vault are not at the replica. */
async function lackingOf(vault: Vault, replica: Vault, id: string): Promise<Lacking> {
  const found = await readManifest(vault, id);
  if (!found?.valid) return { id, storedAt: null, objects: 0 };
  const [proofs, there] = await Promise.all([vault.list(`${keys.proofs(vault.suite)}${id}/`), keysOf(replica, id)]);
  const objects = objectsOfPoint(vault.suite, found.manifest, proofs).filter((key) => !there.has(key)).length;
  return { id, storedAt: found.storedAt.toISOString(), objects };
}

/** From the replica alone, as one would look for it when there is no vault any more. */
async function newestWhole(replica: Vault): Promise<string | null> {
  const index = await readIndexUntil(replica, new Date(), (recent) => provenIds(recent).length > 0);
  for (const id of provenIds(index).slice(0, NEWEST_LOOKED_AT)) {
    const found = await readManifest(replica, id);
    if (!found?.valid) continue;
    const there = await keysOf(replica, id);
    if (objectsOfPoint(replica.suite, found.manifest, []).every((key) => there.has(key))) return id;
  }
  return null;
}

async function keysOf(replica: Vault, id: string): Promise<Set<string>> {
  const { suite } = replica;
  const prefixes = [keys.artifactPrefix(suite, id), `${keys.proofs(suite)}${id}/`, keys.manifest(suite, id)];
  return new Set((await Promise.all(prefixes.map((prefix) => replica.list(prefix)))).flat());
}

async function lastLook(vault: Vault): Promise<ReplicaLook | null> {
  const prefix = keys.replicaLooks(vault.suite);
  const day = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
  const recent = await vault.list(prefix, `${prefix}${day(2)}`);
  const newest = (recent.length > 0 ? recent : await vault.list(prefix)).at(-1);
  const text = newest === undefined ? undefined : (await vault.read(newest))?.text;
  return text === undefined ? null : (replicaLook.safeParse(JSON.parse(text)).data ?? null);
}

export function replicaText(style: Style, { bucket, region, newestProven, lag, error }: ReplicaStatus): string {
  const { objects, points, since } = lag;
  const late = `${objects} ${objects === 1 ? 'object' : 'objects'} of ${points.join(', ')} not there yet`;
  return [
    `  ${bucket} in ${region}`,
    newestProven === null
      ? `  ${mark(style, 'bad')} No proven point is there whole.`
      : `  ${mark(style, 'good')} newest proven point there: ${newestProven}`,
    ...(objects === 0 ? [] : [`  ${mark(style, 'open')} ${late}${since === null ? '' : `, stored ${ageText(style, since)}`}`]),
    ...(error === null ? [] : [`  ${mark(style, 'bad')} ${error.name}: ${error.message}`]),
  ].join('\n');
}
