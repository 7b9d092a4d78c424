import * as z from 'zod';
import { idOf, timeOf } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { nextTime, type Retained } from '../contract/retention.ts';
import { type Decision, decide, howItLies, isLonger, leavesAt, type StoredPoint } from '../contract/retention-plan.ts';
import { policySchema } from '../contract/retention-policy.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { readHistory } from './history.ts';

const input = z.object({
  suite: z.string(),
  policy: policySchema,
  /** A point that an operator no longer keeps. */
  unkeep: z.string().nullable(),
  /** The point that was proven just now, or not: its proof is to stay as long as it does. Empty: none was. */
  about: z.string(),
});

/** A state's data ends at 262,144 characters, an entry has about 110. What does not fit is decided the next time. */
const MOST = 500;
/** An upload that a killed run began may still end: until then what it stored is left alone. */
const SETTLED_HOURS = 48;

const vault = new Vault(required('BUCKET'));

/** How long every point is to stay, and what must be done for that: nothing is changed here. */
export const handler = agent(input, async ({ suite, policy, unkeep, about }) => {
  const now = new Date();
  const { points, sealed, decided, hidden } = await readHistory(vault, suite, policy, now);
  const byId = new Map(points.map((point) => [point.id, point]));
  const counted = points.map((point): StoredPoint => {
    return point.id === unkeep && point.decided ? { ...point, decided: { ...point.decided, hold: 'tier' } } : point;
  });
  const decisions = decide(counted, policy, now);
  const unkept = counted.find(({ id }) => id === unkeep);
  // Its own days may be over by now: then it goes at once, and no decision is about it.
  if (unkept?.decided && !decisions.some(({ id }) => id === unkeep)) decisions.push({ ...unkept, ...unkept.decided });
  const pointOf = ({ id }: Decision): StoredPoint => byId.get(id)!;
  const changes = (order: Decision) => {
    const { decided: before } = pointOf(order);
    return before?.hold !== order.hold || before.tier !== order.tier;
  };
  const lengthens = (order: Decision) =>
    isLonger(leavesAt(pointOf(order), order, policy), leavesAt(pointOf(order), howItLies(pointOf(order)), policy));
  const orders = decisions.map(({ id, hold, tier, asked }): Retained => {
    const before = decided.get(id);
    const order = { id, hold, tier, asked };
    return { ...order, time: before && !changes(order) ? before.time : nextTime(now, before?.time) };
  });
  /** A proof that came later than the decision about its point carries no tag yet, and would stay for ever. */
  const hasNews = ({ id, hold }: Retained) => id === about && hold === 'tier';
  const held = orders.filter(({ hold }) => hold === 'floor' || hold === 'kept');
  const longer = orders.filter((order) => !held.includes(order) && changes(order) && lengthens(order));
  return {
    /** Looked at every time, not only when they change: what holds them must still be there. */
    hold: [...held, ...longer].slice(0, MOST),
    release: orders
      .filter((order) => !held.includes(order) && !longer.includes(order) && (changes(order) || hasNews(order)))
      .slice(0, MOST),
    /** Recorded before, and perhaps not finished: until S3 has removed the last of it. */
    giveUp: [...decided.values()].filter(({ id, hold }) => hold === 'pruned' && byId.has(id)).slice(0, MOST),
    hidden: hidden.slice(0, MOST),
    leftovers: (await leftovers(suite, sealed, now)).slice(0, MOST),
  };
});

/** Ids of runs that stored something and never sealed it. */
async function leftovers(suite: string, sealed: ReadonlySet<string>, now: Date): Promise<string[]> {
  const settled = idOf(new Date(now.getTime() - SETTLED_HOURS * 3_600_000));
  const ids: string[] = [];
  for await (const folder of vault.listFolders(keys.artifacts(suite))) {
    const id = folder.slice(keys.artifacts(suite).length, -1);
    if (id < settled && !sealed.has(id) && !Number.isNaN(timeOf(id).getTime())) ids.push(id);
  }
  return ids;
}
