import * as z from 'zod';
import { encode, encodeList } from '../contract/encoding.ts';
import { type JournalEntry, type PlanItem, phaseOf, restoredOid, stoppedWriters } from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { isTree } from './items.ts';
import { readJournal, readPlan } from './records.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  /** Back: everything that was touched. Forget: what was swapped and works. */
  purpose: z.enum(['back', 'forget']),
});

const vault = new Vault(required('BUCKET'));

/** What of a restore must be put back, or can be forgotten: the last first, from the plan and the journal alone. */
export const handler = agent(input, async ({ suite, restoreId, purpose }) => {
  const plan = await readPlan(vault, suite, restoreId);
  const journal = await readJournal(vault, suite, restoreId);
  const wanted: Record<typeof purpose, readonly string[]> = {
    back: ['touching', 'swapping', 'swapped'],
    // A tree that was put back keeps what was written to the restored one.
    forget: ['swapped', 'back'],
  };
  const items = plan.items.toReversed().flatMap((item) => {
    const last = phaseOf(journal, item.item);
    if (!last || !wanted[purpose].includes(last.phase)) return [];
    // Written elsewhere, it has taken nobody's place.
    if (last.phase === 'swapped' && !item.swaps) return [];
    if (last.phase === 'back' && !isTree(item.kind)) return [];
    return [undoOf(item, last, restoreId, restoredOid(journal, item.item))];
  });
  const stopped = stoppedWriters(journal);
  const isForgotten = journal.some(({ phase }) => phase === 'forgotten');
  const swaps = plan.items.some((item) => item.swaps);
  const nothing = journal.length === 0 || isForgotten || !swaps || purpose === 'forget' ? 'Nothing' : 'Done';
  return {
    /** Done: what it has touched is back already, by whoever cleaned up after it. */
    outcome: items.length === 0 && stopped.length === 0 ? nothing : 'Go',
    restoreId,
    point: plan.point,
    items,
    /** Of an undo: who must stand still meanwhile. Of a put back: who was stopped and must run again. */
    stopsWriters: plan.stopsWriters,
    writers: encodeList(plan.writers.map(({ container }) => container)),
    stopped: encodeList(stopped),
  };
});

function undoOf({ item, kind, label, swaps, host }: PlanItem, last: JournalEntry, restoreId: string, oid: string) {
  const { writes } = z
    .object({ writes: z.array(z.unknown()).nullable().catch(null) })
    .catch({ writes: null })
    .parse(last.result);
  const swapped = last.phase === 'swapped' && swaps;
  return {
    item,
    kind,
    label,
    /** False: nothing can be in place yet, only beside. */
    mayBeSwapped: swaps && last.phase !== 'touching',
    counts: swapped && (kind === 'tables' ? writes !== null : true),
    parameters: {
      ...host,
      restore: restoreId,
      oid,
      baseline: encode(JSON.stringify(writes ?? [])),
      since: String(Math.ceil(Date.parse(last.at) / 1000)),
    },
  };
}
