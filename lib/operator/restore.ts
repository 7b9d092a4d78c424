import type * as z from 'zod';
import type { RestoreOutcome, RestorePlan, RestoreStep, restorePrevious } from '../../functions/contract/restore.ts';
import { readingFrom } from './connection.ts';
import { OperatorError, toOperatorError } from './operator-error.ts';
import { readPoint, resolvePoint } from './points.ts';
import { planText, thawLines, warningLines } from './restore-text.ts';
import { lastOutcome, readPlan, resolveRestore, type ShownPlan, shownPlan, wasBegun } from './restores.ts';
import { type Ended, lockHeld, run } from './run.ts';
import { durationText, mark } from './text.ts';
import type { RestoreArguments, Verb, Work } from './verb.ts';
import { whoAmI } from './who.ts';

export interface RestoreFields {
  restoreId: string | null;
  plan: ShownPlan | null;
  outcome: 'planned' | 'restored' | 'put-back' | 'undone' | 'forgotten' | 'refused' | 'failed' | 'locked';
  steps: RestoreStep[];
  previous: z.infer<typeof restorePrevious>[];
  seconds: number;
  executionArn: string | null;
  safetyPoint: string | null;
  /** Containers that were gone and were made first. */
  made: string[];
  warnings: RestoreOutcome['warnings'];
}

const EMPTY: RestoreFields = {
  restoreId: null,
  plan: null,
  outcome: 'failed',
  steps: [],
  previous: [],
  seconds: 0,
  executionArn: null,
  safetyPoint: null,
  made: [],
  warnings: [],
};

type Keep = (known: Partial<RestoreFields>) => void;
type Told = { fields: RestoreFields; error: OperatorError | null };

/** Brings things back from a recovery point, and takes that back again. */
export const restore: Verb<RestoreFields> = {
  empty: EMPTY,

  async run(work, request, keep) {
    const options = request.restore ?? { safetyPoint: true };
    const { stack } = work.connection;
    const { undo, forget, resume } = options;
    if (undo !== undefined) {
      const input = { discardNewWrites: options.discardNewWrites === true };
      return afterwards(work, keep, await resolveRestore(work.connection, undo), stack.undoRestoreMachine, input);
    }
    if (forget !== undefined) {
      return afterwards(work, keep, await resolveRestore(work.connection, forget), stack.forgetRestoreMachine, {});
    }
    const restoreId =
      resume === undefined ? await plan(work, request.id ?? '', options, keep) : await resolveRestore(work.connection, resume);
    return decide(work, keep, await readPlan(work.connection, restoreId), options);
  },

  text(fields, style) {
    const parts = [
      fields.plan !== null && (fields.outcome === 'planned' || fields.outcome === 'refused') ? planText(style, fields.plan) : '',
      ['restored', 'undone', 'forgotten'].includes(fields.outcome) ? `${mark(style, 'good')} ${doneText(fields)}` : '',
      fields.made.length > 0 ? `  made first: ${fields.made.join(', ')}` : '',
      ...warningLines(style, fields.warnings),
      ...fields.previous.map(({ source, was, now }) => `  ${source}: what was "${was}" is now "${now}"`),
      fields.outcome === 'restored' && fields.plan?.options.to === null
        ? '  undo it: suite-backup restore --undo   keep it for good: suite-backup restore --forget'
        : '',
    ];
    return parts.filter((part) => part !== '').join('\n');
  },
};

function doneText({ outcome, restoreId, seconds }: RestoreFields): string {
  // Of an undo the seconds are the restore's.
  return `${outcome}${outcome === 'restored' && seconds > 0 ? ` in ${durationText(seconds)}` : ''}  (${restoreId})`;
}

/** Plans a restore; gives its id. */
async function plan(work: Work, wanted: string, options: RestoreArguments, keep: Keep): Promise<string> {
  const { connection } = work;
  const from = options.from ?? 'vault';
  const read = readingFrom(connection, from);
  const { id, index } = await resolvePoint(read, wanted);
  const point = await readPoint(read, id);
  if (!index.manifests.has(id)) {
    keep({ outcome: 'refused' });
    throw new OperatorError(
      'NotProven',
      `Recovery point ${id} was never stored (it is ${point?.state}): there is nothing to restore.`,
    );
  }
  if (point?.reason?.name === 'Expired') throw new OperatorError('Expired', `${id}: ${point.reason.message}`);
  work.progress.line(
    `plan the restore of ${connection.stack.suite} from ${id}${from === 'vault' ? '' : `, read from the ${from}`}`,
  );
  const ended = await run(
    work,
    connection.stack.planRestoreMachine,
    {
      id,
      requestedBy: whoAmI(),
      mode: options.mode,
      sources: options.source ?? [],
      tables: options.table ?? [],
      paths: options.path ?? [],
      to: options.to ?? null,
      replace: options.replace === true,
      allowUnproven: options.allowUnproven === true,
      safetyPoint: options.safetyPoint,
      thawTier: options.thaw ?? 'Standard',
      from,
    },
    (executionArn) => keep({ executionArn }),
  );
  if (!ended.ok) throw new OperatorError(ended.error, ended.cause.message, ended.cause.problems);
  const { restoreId } = ended.output;
  if (!restoreId) throw new OperatorError('ResultInvalid', 'The plan has no id.');
  return restoreId;
}

/** Shows the plan and ends, or carries it out when it is confirmed. */
async function decide(work: Work, keep: Keep, found: RestorePlan, options: RestoreArguments): Promise<Told> {
  const { suite, restoreMachine } = work.connection.stack;
  const known: RestoreFields = { ...EMPTY, restoreId: found.restoreId, plan: shownPlan(found), outcome: 'refused' };
  keep(known);
  if (found.problems.length > 0) return { fields: known, error: refusal(found) };
  if (options.dryRun) return { fields: { ...known, outcome: 'planned' }, error: null };
  if (options.confirm !== suite) {
    const message =
      options.confirm === undefined
        ? `Nothing was touched. To carry this out, add: --confirm ${suite}`
        : `Nothing was touched: "${options.confirm}" is not the name of the suite. To carry this out, say: --confirm ${suite}`;
    return { fields: known, error: new OperatorError('Refused', message) };
  }
  keep({ outcome: 'failed' });
  if (found.makes.length > 0) return afterMaking(work, keep, found, options);
  for (const line of thawLines(found)) work.progress.line(`  first thawed: ${line}`);
  const input = { confirm: options.confirm, safetyPoint: options.safetyPoint, resume: options.resume !== undefined };
  return afterwards(work, keep, found.restoreId, restoreMachine, input, shownPlan(found));
}

/**
 * What lies in containers that are gone can be planned only once they are there. So: the configuration, which compose reads; the containers;
 * another plan, and that is carried out; then whatever else belongs to the projects. Each is a run of its own, and any of them may be repeated.
 */
async function afterMaking(work: Work, keep: Keep, first: RestorePlan, options: RestoreArguments): Promise<Told> {
  const made = first.makes.flatMap(({ containers }) => containers);
  const lacking = (first.assessment ?? [])
    .filter(({ kind, state }) => kind === 'files' && state !== 'present')
    .filter(({ source }) => (options.source ?? []).length === 0 || options.source!.includes(source));
  if (lacking.length > 0) {
    const source = lacking.map((one) => one.source);
    work.progress.line(`first the configuration, which compose reads: ${source.join(', ')}`);
    // The safety point would fail: most of the suite is gone.
    const configuration: RestoreArguments = { ...options, mode: 'config', source, safetyPoint: false };
    const id = await plan(work, first.point, configuration, keep);
    const told = await decide(work, keep, await readPlan(work.connection, id), configuration);
    if (told.error) return told;
  }
  work.progress.line(`make what is gone: ${made.join(', ')}`);
  await makeContainers(work, keep, first, 'needed');
  const second = await readPlan(work.connection, await plan(work, first.point, options, keep));
  if (second.makes.length > 0) {
    const still = second.makes.flatMap(({ containers }) => containers).join(', ');
    throw new OperatorError('ContainerNotMade', `Compose made them, and yet there is none or it does not run: ${still}`);
  }
  const told = await decide(work, keep, second, options);
  const fields = { ...told.fields, made };
  if (told.error) return { fields, error: behind(`Made first: ${made.join(', ')}. Then:`, told.error) };
  try {
    await makeContainers(work, () => undefined, first, 'all');
  } catch (thrown) {
    return { fields, error: behind('Everything is restored, but not all of the project was started:', toOperatorError(thrown)) };
  }
  return { fields, error: null };
}

function behind(state: string, { name, message, problems }: OperatorError): OperatorError {
  return new OperatorError(name, `${state} ${message}`, problems);
}

async function makeContainers(work: Work, keep: Keep, { restoreId }: RestorePlan, which: 'needed' | 'all'): Promise<void> {
  const ended = await run(work, work.connection.stack.makeContainersMachine, { restoreId, which }, (executionArn) =>
    keep({ executionArn }),
  );
  if (!ended.ok) throw new OperatorError(ended.error, ended.cause.message, ended.cause.problems);
  if (ended.output.outcome !== 'LockHeld') return;
  keep({ outcome: 'locked' });
  throw lockHeld(ended.output);
}

/** Why a plan cannot be carried out: by the name of its problems where all of them are of one kind that has a refusal of its own. */
function refusal({ problems, restoreId }: RestorePlan): OperatorError {
  const names = [...new Set(problems.map(({ value }) => value))];
  const own = ['NotProven', 'SpaceMissing', 'TableNotFound', 'TableDiffers'];
  const name = names.length === 1 && own.includes(names[0]!) ? names[0]! : 'RestoreRefused';
  const message =
    problems.length === 1 ? problems[0]!.message : `${problems.length} things stand in the way (plan ${restoreId}).`;
  return new OperatorError(name, `Nothing was touched. ${message}`, problems);
}

/** Runs a machine on a restore and tells from the vault what became of it. */
async function afterwards(
  work: Work,
  keep: Keep,
  restoreId: string,
  machine: string,
  input: object,
  plan: ShownPlan | null = null,
): Promise<Told> {
  keep({ restoreId });
  const ended = await run(work, machine, { restoreId, ...input }, (executionArn) => keep({ executionArn }));
  const last = await lastOutcome(work.connection, restoreId);
  const begun = await wasBegun(work.connection, restoreId);
  const { outcome, error } = judge(ended, last && { what: last.what, ok: last.ok, message: last.message }, begun);
  const done = outcome !== 'refused' && outcome !== 'locked' && last !== null;
  return {
    fields: {
      restoreId,
      plan,
      outcome,
      steps: done ? last.steps : [],
      previous: done ? last.previous : [],
      seconds: done ? last.seconds : 0,
      executionArn: ended.executionArn,
      safetyPoint: done ? last.safetyPoint : null,
      made: [],
      warnings: done ? last.warnings : [],
    },
    error,
  };
}

const DONE: Record<string, RestoreFields['outcome']> = { Restored: 'restored', Undone: 'undone', Forgotten: 'forgotten' };

/** The outcome in the words of the document. A run that failed says what state things are in, as far as anybody wrote it down. */
export function judge(
  ended: Ended,
  last: { what: string; ok: boolean; message: string } | null,
  begun: boolean,
): { outcome: RestoreFields['outcome']; error: OperatorError | null } {
  if (!ended.ok) {
    const isBack = last?.what === 'put-back' && last.ok;
    const state = last?.what === 'put-back' ? ` ${last.message}` : begun ? '' : ' Nothing of the suite was changed.';
    return {
      outcome: isBack ? 'put-back' : 'failed',
      error: new OperatorError(ended.error, `${ended.cause.message}${state}`, ended.cause.problems),
    };
  }
  const { outcome, name, message } = ended.output;
  if (DONE[outcome]) return { outcome: DONE[outcome], error: null };
  if (outcome === 'LockHeld') return { outcome: 'locked', error: lockHeld(ended.output) };
  if (outcome === 'Refused') return { outcome: 'refused', error: new OperatorError(name ?? 'RestoreRefused', message ?? '') };
  if (outcome === 'SafetyPointFailed')
    return { outcome: 'refused', error: new OperatorError('SafetyPointFailed', message ?? '') };
  return { outcome: 'failed', error: new OperatorError('ResultInvalid', `The run answered with an unknown outcome: ${outcome}`) };
}
