import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import {
  databaseSwapOf,
  type JournalEntry,
  OUTCOMES,
  phaseOf,
  type RestoreOutcome,
  type RestorePlan,
  type RestoreStep,
} from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { rolesDiffer, subscriptionsDisabled } from './known-losses.ts';
import { readJournal, readPlan, stamp } from './records.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  what: z.enum(OUTCOMES),
  executionArn: z.string(),
  safetyPoint: z.string().nullable(),
  /** What could not be done. */
  failed: z.array(z.object({ label: z.string(), message: z.string() })),
});

const vault = new Vault(required('BUCKET'));

/** Writes down what became of a restore, and says in one sentence what state things are in. */
export const handler = agent(input, async ({ suite, restoreId, what, executionArn, safetyPoint, failed }) => {
  const plan = await readPlan(vault, suite, restoreId);
  const journal = await readJournal(vault, suite, restoreId);
  const steps = stepsOf(plan, journal);
  const now = new Date();
  const outcome: RestoreOutcome = {
    schema: 'suite-backup.restore-outcome.v1',
    restoreId,
    point: plan.point,
    what,
    ok: failed.length === 0,
    at: now.toISOString(),
    executionArn,
    message: failed.length === 0 ? sentence(what, plan, journal) : failure(restoreId, failed),
    steps,
    previous: plan.items.flatMap((item) => keptOf(item, phaseOf(journal, item.item))),
    seconds: steps.reduce((sum, step) => sum + step.seconds, 0),
    safetyPoint,
    warnings: what === 'restored' ? plan.items.flatMap((item) => lossesOf(item, journal)) : [],
  };
  await vault.putOnce(keys.restoreOutcome(suite, restoreId, stamp(now), what), JSON.stringify(outcome));
  const told = [outcome.message, ...outcome.warnings.map(({ message }) => message)].join(' ');
  return { ok: outcome.ok, what, point: plan.point, message: told };
});

/** Where the old lies since the swap, or what was written to the new since it was taken back. */
function keptOf({ source, kind, target, previous }: RestorePlan['items'][0], last: JournalEntry | undefined) {
  const { undone } = z.object({ undone: z.string().nullable() }).catch({ undone: null }).parse(last?.result);
  const now = last?.phase === 'swapped' ? previous : last?.phase === 'back' ? undone : null;
  return now === null ? [] : [{ source, kind, was: target, now }];
}

function lossesOf({ item, kind, target }: RestorePlan['items'][0], journal: readonly JournalEntry[]): RestoreOutcome['warnings'] {
  if (kind === 'database') return subscriptionsDisabled(target, databaseSwapOf(journal, item).subscriptions);
  if (kind !== 'globals') return [];
  const { differing } = z
    .object({ differing: z.array(z.string()) })
    .catch({ differing: [] })
    .parse(phaseOf(journal, item)?.result);
  return rolesDiffer(differing);
}

const STATES: Record<string, RestoreStep['state']> = {
  touching: 'touched',
  swapping: 'touched',
  swapped: 'swapped',
  back: 'back',
  forgotten: 'forgotten',
};

function stepsOf(plan: RestorePlan, journal: readonly JournalEntry[]): RestoreStep[] {
  return plan.items.map(({ item, source, kind }) => {
    const own = journal.filter((entry) => entry.item === item);
    const begun = own.findLast(({ phase }) => phase === 'touching');
    const ended = own.findLast(({ phase }) => phase === 'swapped');
    const seconds = begun && ended ? Math.max(0, Date.parse(ended.at) - Date.parse(begun.at)) / 1000 : 0;
    return { item, source, kind, state: STATES[own.at(-1)?.phase ?? ''] ?? 'waiting', seconds };
  });
}

function sentence(what: RestoreOutcome['what'], plan: RestorePlan, journal: readonly JournalEntry[]): string {
  const was = `before the restore of ${plan.point}`;
  switch (what) {
    case 'restored': {
      const kept = plan.items.some(({ previous }) => previous !== null);
      return `${plan.items.length} of ${plan.items.length} items are restored from ${plan.point}${kept ? ', and the old is kept until it is forgotten' : ''}.`;
    }
    case 'put-back':
      return journal.some(({ phase }) => phase === 'back')
        ? `Everything is as it was ${was}, and what was stopped runs again.`
        : 'Nothing of the suite was changed, and what was stopped runs again.';
    case 'undone':
      return `Everything is as it was ${was}.`;
    case 'forgotten':
      return `The old data from ${was} is gone; this restore cannot be undone any more.`;
  }
}

function failure(restoreId: string, failed: readonly { label: string; message: string }[]): string {
  const list = failed.map(({ label, message }) => `${label}: ${message}`).join(' ');
  return `Not everything could be put back; finish it with "restore --undo ${restoreId}". ${list}`.slice(0, 2000);
}
