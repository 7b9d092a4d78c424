import { isoSeconds } from '../../functions/contract/ids.ts';
import { idOfKey, keys } from '../../functions/contract/keys.ts';
import { isProven } from '../../functions/contract/retention.ts';
import {
  chargedDays,
  type Decision,
  decide,
  leavesAt,
  type RetentionPolicy,
  reasonOf,
  type StoredPoint,
} from '../../functions/contract/retention-plan.ts';
import { type Connection, policyOf } from './connection.ts';
import { readManifest } from './documents.ts';
import { inParallel } from './parallel.ts';
import { indexOf, type PointIndex } from './point-index.ts';
import { Vault } from './vault.ts';

/** A point of the plan. `leavesAt`: when S3 lets it go; null: never, as things are. */
export interface PlannedPoint {
  id: string;
  proven: boolean;
  hold: Decision['hold'];
  tier: string;
  leavesAt: string | null;
  why: string;
  /** Of a point that is held: when it would go if it were not. */
  otherwise: string | null;
  /** Days of a colder storage class that S3 charges though the point is gone by then. */
  charged: { storageClass: string; days: number } | null;
}

const READS_AT_A_TIME = 16;

/** What goes when, and what stays, if no further backup is made: from the keys of the vault alone, a request per 1,000 of them. */
export async function readRetentionPlan(connection: Connection, now: Date): Promise<{ plan: PlannedPoint[]; index: PointIndex }> {
  const policy = policyOf(connection);
  const vault = new Vault(connection);
  const { suite } = vault;
  const prefixes = [keys.manifests(suite), keys.proofs(suite), keys.retention(suite)] as const;
  const [manifests, proofs, decisions] = await Promise.all(prefixes.map((prefix) => vault.listObjects(prefix)));
  const index = indexOf(
    suite,
    [...manifests!, ...proofs!, ...decisions!].map(({ key }) => key),
  );
  const points = await inParallel(READS_AT_A_TIME, manifests!, async ({ key, storedAt }): Promise<StoredPoint | null> => {
    const id = idOfKey(keys.manifests(suite), key);
    if (id === undefined) return null;
    const decided = index.decided.get(id) ?? null;
    const found = decided ? null : await readManifest(vault, id);
    const asked = decided?.asked ?? (found?.valid ? found.manifest.tier : undefined);
    return asked === undefined
      ? null
      : { id, storedAt, proven: isProven(index.proofs.get(id)?.[0], decided ?? undefined), asked, decided };
  });
  const known = points.filter((point) => point !== null);
  const byId = new Map(known.map((point) => [point.id, point]));
  return { plan: decide(known, policy, now).map((decision) => planned(byId.get(decision.id)!, decision, policy, now)), index };
}

function planned(point: StoredPoint, decision: Decision, policy: RetentionPolicy, now: Date): PlannedPoint {
  const { id, hold, tier } = decision;
  const text = (time: Date | null) => time && isoSeconds(time);
  const held = hold !== 'tier';
  return {
    id,
    proven: point.proven,
    hold,
    tier,
    leavesAt: text(leavesAt(point, decision, policy)),
    why: reasonOf(decision, policy),
    otherwise: held ? text(leavesAt(point, { hold: 'tier', tier }, policy)) : null,
    charged: chargedDays(point, policy, now),
  };
}
