import * as z from 'zod';
import { encodeList } from '../contract/encoding.ts';
import type { ErrorName } from '../contract/errors.ts';
import { isSealed } from '../contract/manifest.ts';
import { databaseSwapOf, type JournalEntry, phaseOf, type RestorePlan } from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { signedEvidence } from '../runtime/evidence.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readJournal, readPlan, readPoint } from './records.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  confirm: z.string(),
  safetyPoint: z.boolean(),
  resume: z.boolean(),
  /** This run has checked it before, and has thawed or made a safety point since, which may take hours. */
  again: z.boolean(),
});

/** What a plan found may have changed an hour later. */
const LONGEST_AGE_MS = 3_600_000;
/** Bytes that lie in an archive come after two days at most, and stay for seven. */
const LONGEST_THAW_MS = 3 * 86_400_000;

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);
const signing = new Signing();

/** Whether a plan may be carried out, and how far an earlier run of it came. A refusal is an answer, not a failure: nobody is alarmed. */
export const handler = agent(input, async ({ suite, restoreId, confirm, safetyPoint, resume, again }) => {
  const plan = await readPlan(vault, suite, restoreId);
  const journal = await readJournal(vault, suite, restoreId);
  const reason = await refusal(plan, journal, { confirm, resume, again });
  if (reason) return { outcome: 'Refused', restoreId, ...reason };
  const { sources } = await readPoint(stored(plan.options.from), suite, plan.point);
  return {
    outcome: 'Go',
    restoreId,
    point: plan.point,
    /** Something encrypted must come to the host. */
    sealed: sources.some((source) => isSealed(source) && plan.items.some(({ label }) => label === source.label)),
    mode: plan.mode,
    from: plan.options.from,
    // What stood there before is safe since the first run; a second point would hold half of what was restored.
    safetyPoint: plan.safetyPoint && safetyPoint && (!resume || journal.length === 0),
    thawTier: plan.options.thawTier,
    stopsWriters: plan.stopsWriters,
    writers: encodeList(plan.writers.map(({ container }) => container)),
    items: plan.items.map((item) => {
      const { oid, old, writes, subscriptions } = databaseSwapOf(journal, item.item);
      return {
        item: item.item,
        kind: item.kind,
        label: item.label,
        swaps: item.swaps,
        reached: reached(journal, item.item),
        writes,
        subscriptions,
        parameters: { ...item.host, restore: restoreId, oid, old, baseline: '', discard: 'false' },
      };
    }),
  };
});

/** `swapping`: the new lies there compared, and may or may not be in place; `swapped`: it is; else the item begins again. */
function reached(journal: readonly JournalEntry[], item: string): 'none' | 'swapping' | 'swapped' {
  const phase = phaseOf(journal, item)?.phase;
  return phase === 'swapping' || phase === 'swapped' ? phase : 'none';
}

async function refusal(
  plan: RestorePlan,
  journal: readonly JournalEntry[],
  { confirm, resume, again }: { confirm: string; resume: boolean; again: boolean },
): Promise<{ name: ErrorName; message: string } | null> {
  const refused = (message: string) => ({ name: 'RestoreRefused' as const, message });
  if (confirm !== plan.suite)
    return { name: 'Refused', message: `"${confirm}" is not the name of the suite; it is "${plan.suite}".` };
  if (plan.problems.length > 0) return refused(plan.problems.map(({ path, message }) => `${path}: ${message}`).join(' '));
  if (plan.makes.length > 0) return refused('Containers must be made first, and then another plan.');
  if (resume && journal.length === 0 && plan.thaw.length === 0)
    return refused(`Restore ${plan.restoreId} was never begun, so there is nothing to go on with: plan again.`);
  if (journal.length > 0 && !resume) return refused(`Restore ${plan.restoreId} was begun already: resume or undo it.`);
  if (journal.some(({ phase }) => phase === 'forgotten'))
    return refused(`Restore ${plan.restoreId} is done, and its old data is forgotten.`);
  const inTheMiddle = plan.items.some(({ item }) => (phaseOf(journal, item)?.phase ?? 'back') !== 'back');
  const longest = plan.thaw.length > 0 ? LONGEST_THAW_MS : LONGEST_AGE_MS;
  if (!inTheMiddle && !again && Date.now() - Date.parse(plan.at) > longest) {
    return refused(`The plan ${plan.restoreId} is of ${plan.at}, too old: plan again.`);
  }
  const from = stored(plan.options.from);
  const { checksum } = await readPoint(from, plan.suite, plan.point);
  if (checksum !== plan.manifestChecksum)
    return refused(`Recovery point ${plan.point} is not what it was when the restore was planned.`);
  const { problems } = await signedEvidence(from, signing, plan.suite, plan.point);
  if (problems.length > 0) return { name: 'SignatureInvalid', message: problems.join(' ') };
  return null;
}
