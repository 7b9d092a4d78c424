import { setTimeout as pause } from 'node:timers/promises';
import { isKeyError } from '../../functions/contract/errors.ts';
import { idOf } from '../../functions/contract/ids.ts';
import { idOfKey, keys } from '../../functions/contract/keys.ts';
import type { Notice } from '../../functions/contract/manifest.ts';
import { readFailure, readManifest } from './documents.ts';
import { OperatorError } from './operator-error.ts';
import type { Point } from './point.ts';
import { pointText } from './point-text.ts';
import { readLockState, readPoint } from './points.ts';
import { readProofs } from './proofs.ts';
import { type Ended, holderText, lockHeld, run } from './run.ts';
import { paint } from './text.ts';
import { Vault } from './vault.ts';
import type { Verb, Work } from './verb.ts';

export interface BackupFields {
  outcome: 'proven' | 'unproven' | 'failed' | 'locked' | 'already-done';
  point: Point | null;
  executionArn: string | null;
  warnings: Notice[];
}

/** Makes a recovery point and proves it. */
export const backup: Verb<BackupFields> = {
  empty: { outcome: 'failed', point: null, executionArn: null, warnings: [] },

  async run(work, request, keep) {
    const input = {
      trigger: request.trigger ?? 'manual',
      tier: request.tier ?? 'daily',
      label: request.label ?? null,
      scheduledFor: request.scheduledFor ?? null,
    };
    const { suite, backupMachine } = work.connection.stack;
    work.progress.line(`backup of ${suite} (${input.tier})`);
    // An agent's clock makes the id, ours asks for it: an hour is more than they ever differ.
    const since = new Date(Date.now() - 3_600_000);
    const begin = () => run(work, backupMachine, input, (executionArn) => keep({ executionArn }));
    let ended = await begin();
    while (request.wait && ended.ok && ended.output.outcome === 'LockHeld') {
      work.progress.line(`  waiting for the run that holds the lock: ${holderText(ended.output.holder)}`);
      await untilFree(work);
      ended = await begin();
    }
    const id = idIn(ended) ?? (await idOfFailedRun(work, ended.executionArn, since));
    const point = id === null ? null : await readPoint(work.connection, id);
    const warnings = id === null ? [] : await warningsOf(work, id);
    const { outcome, error } = judge(ended, point);
    return { fields: { outcome, point, executionArn: ended.executionArn, warnings }, error };
  },

  text({ outcome, point, warnings }, style) {
    const notices = warnings.map(({ name, source, message }) => {
      return `${paint(style, 'yellow', '!')} ${name}${source === null ? '' : ` (${source})`}: ${message}`;
    });
    const done = outcome === 'already-done' ? ['Nothing to do: the recovery point for this time exists.'] : [];
    return [...done, ...(point === null ? [] : [pointText(style, point)]), ...notices].join('\n');
  },
};

/** The outcome in the words of the document. A run that ended well but proved nothing is no success, whatever it calls itself. */
export function judge(ended: Ended, point: Point | null): { outcome: BackupFields['outcome']; error: OperatorError | null } {
  if (!ended.ok) {
    const error = new OperatorError(ended.error, ended.cause.message, ended.cause.problems);
    return {
      outcome:
        ended.error === 'VerificationFailed' || isKeyError(ended.error) || point?.state === 'unproven' ? 'unproven' : 'failed',
      error,
    };
  }
  const { outcome } = ended.output;
  if (outcome === 'AlreadyDone') return { outcome: 'already-done', error: null };
  if (outcome === 'LockHeld') return { outcome: 'locked', error: lockHeld(ended.output) };
  if (outcome !== 'Proven') {
    return {
      outcome: 'failed',
      error: new OperatorError('ResultInvalid', `The run answered with an unknown outcome: ${outcome}`),
    };
  }
  if (point?.state === 'proven') return { outcome: 'proven', error: null };
  const found = point === null ? 'the vault does not hold it' : `the vault says it is ${point.state}`;
  return {
    outcome: 'unproven',
    error: new OperatorError('VerificationFailed', `The run says that its point is proven, but ${found}.`),
  };
}

/** Until nobody works under the lock; one that a dead run left behind is taken over by the next. */
async function untilFree({ connection, signal }: Work): Promise<void> {
  do {
    await pause(connection.pollMilliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  } while ((await readLockState(connection))?.running);
}

function idIn(ended: Ended): string | null {
  return (ended.ok ? ended.output.id : ended.cause.id) ?? null;
}

/** A run that was stopped or timed out cannot say its id; the record of its failure knows whose it was. */
async function idOfFailedRun(work: Work, executionArn: string, since: Date): Promise<string | null> {
  const vault = new Vault(work.connection);
  const prefix = keys.failures(vault.suite);
  for (const key of (await vault.list(prefix, `${prefix}${idOf(since)}`)).reverse()) {
    const id = idOfKey(prefix, key);
    if (id !== undefined && (await readFailure(vault, key))?.executionArn === executionArn) return id;
  }
  return null;
}

/** Of the capture, and those of the proof that have a name; the manifest has told the others already. */
async function warningsOf(work: Work, id: string): Promise<Notice[]> {
  const [found, proofs] = await Promise.all([readManifest(new Vault(work.connection), id), readProofs(work.connection, id)]);
  const warned = (proofs[0]?.checks ?? []).filter(({ ok, severity }) => !ok && severity === 'warning');
  return [
    ...(found?.valid ? found.manifest.warnings : []),
    ...warned.flatMap(({ error: name, source, message }) => (name === null ? [] : [{ name, source, message }])),
  ];
}
