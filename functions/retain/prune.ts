import * as z from 'zod';
import { nextTime, type Retained } from '../contract/retention.ts';
import { decide, reasonOf } from '../contract/retention-plan.ts';
import { policySchema } from '../contract/retention-policy.ts';
import { required } from '../runtime/environment.ts';
import { signedEvidence } from '../runtime/evidence.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { Vault } from '../runtime/vault.ts';
import { readHistory } from './history.ts';
import { record } from './hold-point.ts';
import { refused } from './refused.ts';

const input = z.object({
  suite: z.string(),
  policy: policySchema,
  ids: z.array(z.string()).min(1).max(100),
  /** Must be the suite's name. */
  confirm: z.string().nullable(),
  who: z.string().max(200),
  why: z.string().max(1000),
});

const vault = new Vault(required('BUCKET'));
const signing = new Signing();

/**
 * Gives points up before their time: from this record on they are not restored from. All or none: what is held by the floor or by an operator,
 * or is not there, is told of every one.
 */
export const handler = agent(input, async ({ suite, policy, ids, confirm, who, why }) => {
  const now = new Date();
  const { points, decided } = await readHistory(vault, suite, policy, now);
  const decisions = new Map(decide(points, policy, now).map((decision) => [decision.id, decision]));
  const unknown = ids.filter((id) => !decisions.has(id));
  if (unknown.length > 0) return refused('NotFound', `There is no recovery point ${unknown.join(', ')} whose time has not come.`);
  const asked = ids.map((id) => decisions.get(id)!);
  const kept = asked.filter(({ hold }) => hold === 'kept').map(({ id }) => id);
  const floor = asked.filter(({ hold }) => hold === 'floor').map((each) => `${each.id} is ${reasonOf(each, policy)}`);
  if (floor.length > 0) return refused('FloorReached', `Nothing was given up: ${floor.join(', ')}.`);
  const held = [...decisions.values()].filter(({ hold }) => hold === 'floor');
  // Perhaps only its key is missing, or its scratch server failed: it may be the last there is.
  const damaged = held.length < policy.minimumProven ? asked.filter(({ hold }) => hold === 'damaged').map(({ id }) => id) : [];
  if (damaged.length > 0) {
    const missing = `fewer than ${policy.minimumProven} points are proven in its place`;
    return refused('FloorReached', `Nothing was given up: ${damaged.join(', ')} is damaged, and ${missing}.`);
  }
  if (kept.length > 0) return refused('Refused', `Nothing was given up: ${kept.join(', ')} is kept; unkeep it first.`);
  if (confirm !== suite) return refused('Refused', `To give up ${ids.join(', ')}, confirm with the suite's name, ${suite}.`);
  const evidence = await Promise.all(held.map(({ id }) => signedEvidence(vault, signing, suite, id)));
  const forged = evidence.flatMap(({ problems }) => problems);
  // Until the next run has found another one in its place, what is asked for may be one of the newest that are proven.
  if (forged.length > 0) return refused('SignatureInvalid', `Nothing was given up: ${forged.join(' ')}`);
  const orders = asked.map(
    ({ id, tier, asked: wanted }): Retained => ({
      id,
      time: nextTime(now, decided.get(id)?.time),
      hold: 'pruned',
      tier,
      asked: wanted,
    }),
  );
  for (const order of orders) await record(vault, suite, order, `${who}: ${why}`);
  return { outcome: 'Go' };
});
