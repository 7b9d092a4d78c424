import * as z from 'zod';
import { isId } from '../contract/ids.ts';
import { nextTime, type Retained } from '../contract/retention.ts';
import { howItLies } from '../contract/retention-plan.ts';
import { policySchema } from '../contract/retention-policy.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { readHistory } from './history.ts';
import { carryOut } from './hold-point.ts';
import { refused } from './refused.ts';

const input = z.object({
  suite: z.string(),
  policy: policySchema,
  action: z.enum(['keep', 'unkeep']),
  id: z.string(),
  who: z.string().max(200),
  why: z.string().max(1000),
});

const vault = new Vault(required('BUCKET'));

/**
 * Holds one point until somebody takes that back. Taking it back is only looked at here: who decides afterwards is told, and gives the tags
 * back, since this agent may tag `pinned` and nothing else.
 */
export const handler = agent(input, async ({ suite, policy, action, id, who, why }) => {
  const now = new Date();
  const { points, decided } = await readHistory(vault, suite, policy, now);
  const point = points.find((each) => each.id === id);
  if (!isId(id) || !point) return refused('NotFound', `There is no recovery point ${id}.`);
  const { hold, tier } = howItLies(point);
  if (hold === 'pruned') return refused('Refused', `${id} was given up; its objects are going.`);
  if (action === 'unkeep' && hold !== 'kept') return refused('Refused', `${id} is not kept by anybody.`);
  if (action === 'keep' && hold !== 'kept') {
    const order: Retained = { id, time: nextTime(now, decided.get(id)?.time), hold: 'kept', tier, asked: point.asked };
    await carryOut(vault, suite, order, `${who}: ${why}`);
  }
  return { outcome: 'Go' };
});
