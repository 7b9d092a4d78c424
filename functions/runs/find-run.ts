import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { type Lock, lockSchema } from '../contract/lock.ts';
import { restoreOutcome } from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { endedBadly, isRunning, parentOf } from '../runtime/executions.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { isRecorded } from './recorded.ts';

const input = z.object({
  suite: z.string(),
  executionArn: z.string(),
  startedAt: z.string(),
  workflow: z.string(),
  /** The clean-up that asks. */
  cleaner: z.string(),
});

const vault = new Vault(required('BUCKET'));

/**
 * What is left to do after a run that ended badly. Only while it holds the lock may anything on the host be ended or removed in its name:
 * without it, another run may be at work there. A restore is put back by one clean-up alone, the first that asks; `busy` tells any other
 * to wait for it. `toldByParent`: people hear of it from the run that it was a part of. `state`: a sentence on what state the suite is in,
 * behind a space, where it can be said already.
 */
export const handler = agent(input, async ({ suite, executionArn, startedAt, workflow, cleaner }) => {
  const stored = await vault.read(keys.lock(suite));
  const lock = stored && lockSchema.parse(JSON.parse(stored.text));
  const recorded = await isRecorded(vault, suite, executionArn, new Date(startedAt));
  // Only a restore starts a backup: its safety point, before it touches anything. A restore that lives takes its failure for an answer, and
  // then only the backup tells.
  const isBackup = (lock?.executionArn === executionArn ? lock.workflow : workflow) === 'backup';
  const parent = isBackup ? await parentOf(executionArn) : null;
  const toldByParent = parent !== null && (await endedBadly(parent));
  const state = workflow === 'restore' || parent !== null ? ' Nothing of the suite was changed.' : '';
  const answer = { busy: false, restoreId: null, recorded, toldByParent, state: '' };
  if (!stored || lock?.executionArn !== executionArn) {
    // A restore touches the suite only under its lock.
    return { ...answer, holdsLock: false, state };
  }
  if (lock.restoreId === null) return { ...answer, holdsLock: true, state };
  // Undoing and forgetting are finished by who asked for them.
  if (lock.workflow !== 'restore') return { ...answer, holdsLock: true, state: unfinished(lock) };
  // It came to its end and was only killed before it gave the lock back: people work with what it has put in place.
  if (await isRestored(lock.restoreId)) return { ...answer, holdsLock: true, state: ' The restore itself is done.' };
  const claimed = await claim(lock, stored.etag);
  return { ...answer, holdsLock: true, busy: !claimed, restoreId: claimed ? lock.restoreId : null };

  async function claim(held: Lock, etag: string): Promise<boolean> {
    if (held.cleaner === cleaner) return true;
    if (held.cleaner !== null && (await isRunning(held.cleaner))) return false;
    return (await vault.replace(keys.lock(suite), JSON.stringify({ ...held, cleaner }), etag)) !== false;
  }

  async function isRestored(restoreId: string): Promise<boolean> {
    let newest: string | undefined;
    for await (const { key } of vault.list(keys.restoreOutcomes(suite, restoreId))) newest = key;
    const last = newest === undefined ? null : restoreOutcome.parse(await vault.getJson(newest));
    return last?.what === 'restored' && last.executionArn === executionArn;
  }
});

function unfinished({ workflow, restoreId }: Lock): string {
  const flag = workflow === 'undo-restore' ? '--undo' : '--forget';
  return ` It is not finished, and writers that were stopped stand still: finish it with "restore ${flag} ${restoreId}".`;
}
