import * as z from 'zod';
import { keys } from './keys.ts';
import type { Manifest } from './manifest.ts';

/** Where the objects of a point are read. What a run writes goes to the vault, always. */
export const READ_FROM = ['vault', 'replica'] as const;
export type ReadFrom = (typeof READ_FROM)[number];
export const readFrom = z.enum(READ_FROM).default('vault');

/** As agents and the operator's command are told of it. */
export const replicaFacts = z.object({ bucket: z.string(), region: z.string() });
export type ReplicaFacts = Readonly<z.infer<typeof replicaFacts>>;

/** So much longer than in the vault: what was given up there by mistake, or by somebody else, is noticed in that time. */
export const REPLICA_LATER_DAYS = 30;

/** So many of the newest points are looked at: older ones have been. */
export const NEWEST_LOOKED_AT = 3;
/** S3 takes minutes as a rule, and promises nothing. */
export const LATE_HOURS = 6;

/**
 * How a point lies at the replica. `late`: not there, though there was time enough; `failed`: S3 has given up, and will not try again;
 * `gone`: it was there; `unreplicated`: no rule knows it, because it is older than the rule, or the rule is not what it was.
 */
export const REPLICA_STATES = ['replicated', 'pending', 'late', 'failed', 'gone', 'unreplicated'] as const;
export type ReplicaState = (typeof REPLICA_STATES)[number];

/** What a look at the replica found, written down so that `status`, which may not ask for objects of artifacts, can tell it. */
export const replicaLook = z.object({
  schema: z.literal('suite-backup.replica-look.v1'),
  suite: z.string(),
  at: z.string(),
  /** The newest first. */
  points: z.array(
    z.object({
      id: z.string(),
      storedAt: z.string(),
      state: z.enum(REPLICA_STATES),
      objects: z.number().int(),
      /** Objects that are not there. */
      lacking: z.number().int(),
      /** One of them. */
      first: z.string().nullable(),
    }),
  ),
  /** What somebody must know; null: all is well. */
  problem: z.string().nullable(),
});
export type ReplicaLook = Readonly<z.infer<typeof replicaLook>>;
export type LookedAt = ReplicaLook['points'][0];

/** Every object that makes a point: what is stored of it, its proofs, its manifest. */
export function objectsOfPoint(suite: string, manifest: Manifest, proofs: readonly string[]): string[] {
  const artifacts = manifest.sources.flatMap((source) => source.artifacts.map(({ key }) => key));
  return [...new Set([...artifacts, ...proofs, keys.manifest(suite, manifest.id)])];
}

/** `statuses`: what S3 says in the vault of each object that is not at the replica; null: no rule has replicated it. */
export function stateOf(statuses: readonly (string | null)[], storedAt: Date, now: Date): ReplicaState {
  if (statuses.length === 0) return 'replicated';
  if (statuses.includes('FAILED')) return 'failed';
  if (statuses.includes('COMPLETED')) return 'gone';
  if (statuses.includes(null)) return 'unreplicated';
  return now.getTime() - storedAt.getTime() > LATE_HOURS * 3_600_000 ? 'late' : 'pending';
}

const SAYS: Record<Exclude<ReplicaState, 'replicated' | 'pending'>, string> = {
  late: `not there after ${LATE_HOURS} hours`,
  failed: 'given up by S3, which does not try again by itself',
  gone: 'not there any more',
  unreplicated: 'not replicated by any rule',
};

/** What of a look somebody must know. That points older than the rule are not replicated is none of it, once a newer one is. */
export function problemOf(points: readonly LookedAt[]): string | null {
  const told = points.filter(({ state }, index) => {
    if (state === 'replicated' || state === 'pending') return false;
    return state !== 'unreplicated' || index === 0 || points.slice(index).some((older) => older.state === 'replicated');
  });
  if (told.length === 0) return null;
  return told
    .map(({ id, state, objects, lacking, first }) => {
      return `Of ${id}, ${lacking} of ${objects} objects are ${SAYS[state as keyof typeof SAYS]}, such as ${first}.`;
    })
    .join(' ');
}
