import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { type Lock, lockSchema } from '../contract/lock.ts';
import { required } from '../runtime/environment.ts';
import { isRunning } from '../runtime/executions.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { isRecorded } from './recorded.ts';

const input = z.object({
  suite: z.string(),
  executionArn: z.string(),
  startedAt: z.string(),
  /** The clean-up that asks. */
  cleaner: z.string(),
});

const vault = new Vault(required('BUCKET'));

/**
 * What is left to do after a run that ended badly. Only while it holds the lock may anything on the host be ended or removed in its name:
 * without it, another run may be at work there. A restore is put back by one clean-up alone, the first that asks; `busy` tells any other
 * to wait for it.
 */
export const handler = agent(input, async ({ suite, executionArn, startedAt, cleaner }) => {
  const stored = await vault.read(keys.lock(suite));
  const lock = stored && lockSchema.parse(JSON.parse(stored.text));
  const recorded = await isRecorded(vault, suite, executionArn, new Date(startedAt));
  if (!stored || lock?.executionArn !== executionArn) return { holdsLock: false, busy: false, restoreId: null, recorded };
  // Undoing and forgetting are finished by who asked for them.
  if (lock.workflow !== 'restore' || lock.restoreId === null) return { holdsLock: true, busy: false, restoreId: null, recorded };
  const claimed = await claim(lock, stored.etag);
  return { holdsLock: true, busy: !claimed, restoreId: claimed ? lock.restoreId : null, recorded };

  async function claim(held: Lock, etag: string): Promise<boolean> {
    if (held.cleaner === cleaner) return true;
    if (held.cleaner !== null && (await isRunning(held.cleaner))) return false;
    return (await vault.replace(keys.lock(suite), JSON.stringify({ ...held, cleaner }), etag)) !== false;
  }
});
