import * as z from 'zod';
import { isoSeconds } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { type Lock, lockSchema } from '../contract/lock.ts';
import { required } from '../runtime/environment.ts';
import { isRunning } from '../runtime/executions.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';

const input = z.object({
  suite: z.string(),
  executionArn: z.string(),
  workflow: z.string(),
  /** Recovery point the run is about, when it is known already (verify). */
  id: z.string().nullable(),
  /** Restore that the run carries out, undoes or forgets. */
  restoreId: z.string().nullable(),
  /** Set once the dead holder was cleaned up after: the lock is then replaced. */
  takeOver: z.boolean(),
});

export type TakeLockResult = { outcome: 'Taken' } | { outcome: 'LockHeld' | 'HolderDead'; holder: string; since: string };

const vault = new Vault(required('BUCKET'));

/** One lock per suite: backup, verify, restore and retain must not race each other over the same points. */
export const handler = agent(input, async ({ takeOver, ...run }): Promise<TakeLockResult> => {
  const { suite, executionArn, workflow, id, restoreId } = run;
  const key = keys.lock(suite);
  const since = isoSeconds(new Date());
  const lock: Lock = {
    schema: 'suite-backup.lock.v1',
    executionArn,
    workflow,
    since,
    id,
    restoreId,
    cleaner: null,
    request: null,
  };
  const text = JSON.stringify(lock);
  if (await vault.putOnce(key, text)) return { outcome: 'Taken' };
  const stored = await vault.read(key);
  if (!stored) return { outcome: 'LockHeld', holder: 'unknown', since };
  const held = lockSchema.parse(JSON.parse(stored.text));
  if (held.executionArn === executionArn) return { outcome: 'Taken' };
  const holder = { holder: held.executionArn, since: held.since };
  if (await isRunning(held.executionArn)) return { outcome: 'LockHeld', ...holder };
  if (!takeOver) return { outcome: 'HolderDead', ...holder };
  return (await vault.replace(key, text, stored.etag)) ? { outcome: 'Taken' } : { outcome: 'LockHeld', ...holder };
});
