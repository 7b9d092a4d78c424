import * as z from 'zod';
import { encode, encodeList } from '../contract/encoding.ts';
import { keys } from '../contract/keys.ts';
import {
  databaseSwapOf,
  isInPlace,
  type JournalEntry,
  type PlanItem,
  phaseOf,
  type RestorePlan,
  restoreOutcome,
  stoppedWriters,
} from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { isTree } from './items.ts';
import { readJournal, readPlan } from './records.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  /** Back: everything that was touched. Undo: the same, asked for by the operator. Forget: what was swapped and works. */
  purpose: z.enum(['back', 'undo', 'forget']),
});

const vault = new Vault(required('BUCKET'));

/** What of a restore must be put back, or can be forgotten: the last first, from the plan and the journal alone. */
export const handler = agent(input, async ({ suite, restoreId, purpose }) => {
  const plan = await readPlan(vault, suite, restoreId);
  const journal = await readJournal(vault, suite, restoreId);
  const isForgotten = journal.some(({ phase }) => phase === 'forgotten');
  const items = plan.items.toReversed().flatMap((item): object[] => {
    const last = phaseOf(journal, item.item);
    if (!last) return [];
    if (purpose === 'forget') return keepsOld(item, last) ? [forgetOf(item, journal, restoreId)] : [];
    return ['touching', 'swapping', 'swapped'].includes(last.phase) && !(last.phase === 'swapped' && !item.swaps)
      ? [undoOf(item, last, journal, restoreId)]
      : [];
  });
  const stopped = stoppedWriters(journal);
  const touchedNothing = journal.length === 0 || isForgotten || !plan.items.some((item) => item.swaps);
  const obstacle =
    (purpose === 'undo' ? await newerRestore(suite, plan, journal) : null) ??
    (purpose === 'forget' ? await unfinished(suite, restoreId) : null);
  const nothing = {
    back: 'It has changed nothing that could be put back.',
    undo: `Restore ${restoreId} has changed nothing that could be undone.`,
    forget: `Restore ${restoreId} keeps nothing that could be forgotten.`,
  };
  const isNothing = items.length === 0 && (purpose === 'forget' || (stopped.length === 0 && touchedNothing));
  return {
    /** Done: what it has touched is back already, by whoever cleaned up after it. */
    outcome: isNothing || obstacle !== null ? 'Refused' : items.length === 0 && stopped.length === 0 ? 'Done' : 'Go',
    message: (isNothing ? nothing[purpose] : obstacle) ?? '',
    restoreId,
    point: plan.point,
    items,
    /** Of an undo: who must stand still meanwhile. Of a put back: who was stopped and must run again. */
    stopsWriters: plan.writers.length > 0 && (plan.mode !== 'tables' || plan.options.replace),
    writers: encodeList(plan.writers.map(({ container }) => container)),
    stopped: encodeList(stopped),
  };
});

function keepsOld({ kind, swaps }: PlanItem, { phase, result }: JournalEntry): boolean {
  if (!swaps) return false;
  // What was written to the new before it was taken back lies somewhere, too.
  return phase === 'swapped' || (phase === 'back' && (isTree(kind) || undoneName(result) !== null));
}

function undoneName(result: unknown): string | null {
  return z.object({ undone: z.string().nullable() }).catch({ undone: null }).parse(result).undone;
}

function forgetOf({ item, kind, label, previous, host }: PlanItem, journal: readonly JournalEntry[], restoreId: string) {
  const last = phaseOf(journal, item)!;
  const { oid, old } = databaseSwapOf(journal, item);
  const isBack = last.phase === 'back';
  const name = isBack ? undoneName(last.result) : old === '0' ? null : previous;
  return {
    item,
    kind,
    label,
    /** Which database goes, by name and number: another may have taken the name since. */
    drops: kind === 'database' && name !== null,
    parameters: {
      ...host,
      restore: restoreId,
      ...(kind === 'database' && name !== null ? { database: encode(name), oid: isBack ? oid : old } : {}),
    },
  };
}

function undoOf(
  { item, kind, label, swaps, host }: PlanItem,
  last: JournalEntry,
  journal: readonly JournalEntry[],
  restoreId: string,
) {
  const ofTables = z
    .object({ writes: z.array(z.unknown()).nullable().catch(null) })
    .catch({ writes: null })
    .parse(last.result);
  const { oid, old, writes } = databaseSwapOf(journal, item);
  const baseline = kind === 'database' ? writes : (ofTables.writes ?? []);
  const swapped = last.phase === 'swapped' && swaps;
  return {
    item,
    kind,
    label,
    swaps,
    /** False: nothing can be in place yet, only beside. */
    mayBeSwapped: swaps && last.phase !== 'touching',
    counts: swapped && (kind === 'tables' ? ofTables.writes !== null : true),
    parameters: {
      ...host,
      restore: restoreId,
      oid,
      old,
      baseline: encode(JSON.stringify(baseline)),
      since: String(Math.ceil(Date.parse(last.at) / 1000)),
    },
  };
}

/** A later restore that stands on what this one has put in place: taking this one away below it would take the other's data, too. */
async function newerRestore(suite: string, plan: RestorePlan, journal: readonly JournalEntry[]): Promise<string | null> {
  const prefix = keys.restores(suite);
  const ids = new Set<string>();
  for await (const { key } of vault.list(prefix)) {
    const [id, what] = key.slice(prefix.length).split('/');
    if (what === 'journal' && id! > plan.restoreId) ids.add(id!);
  }
  const own = plan.items.filter(({ item, swaps }) => swaps && isInPlace(journal, item));
  for (const id of ids) {
    const newer = await readPlan(vault, suite, id);
    const entries = await readJournal(vault, suite, id);
    const standing = newer.items.find((item) => {
      if (!item.swaps || !isInPlace(entries, item.item)) return false;
      const below = own.find(({ label }) => label === item.label);
      // Tables in schemas of their own have nothing to do with each other.
      const apart = below?.kind === 'tables' && item.kind === 'tables' && !(plan.options.replace && newer.options.replace);
      return below !== undefined && !apart;
    });
    if (!standing) continue;
    const isForgotten = entries.some(({ phase }) => phase === 'forgotten');
    return isForgotten
      ? `Restore ${id} has replaced ${standing.label} since, and its old data is forgotten: ${plan.restoreId} cannot be undone any more.`
      : `Restore ${id} has replaced ${standing.label} since: undo that one first.`;
  }
  return null;
}

/** Only what came to a good end is forgotten: of anything else the old may be the only one. */
async function unfinished(suite: string, restoreId: string): Promise<string | null> {
  let newest: string | undefined;
  for await (const { key } of vault.list(keys.restoreOutcomes(suite, restoreId))) newest = key;
  const last = newest === undefined ? null : restoreOutcome.parse(await vault.getJson(newest));
  if (last?.ok) return null;
  return `Restore ${restoreId} was not finished: undo or resume it before its old data is forgotten.`;
}
