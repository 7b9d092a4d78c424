import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { lockSchema } from '../contract/lock.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { isRecorded } from './recorded.ts';

const vault = new Vault(required('BUCKET'));

/**
 * What is left to do after a run that ended badly. Only while it holds the lock may anything on the host be ended or removed in its name:
 * without it, another run may be at work there.
 */
export const handler = agent(
  z.object({ suite: z.string(), executionArn: z.string(), startedAt: z.string() }),
  async ({ suite, executionArn, startedAt }) => {
    const stored = await vault.read(keys.lock(suite));
    const holdsLock = stored !== undefined && lockSchema.parse(JSON.parse(stored.text)).executionArn === executionArn;
    return { holdsLock, recorded: await isRecorded(vault, suite, executionArn, new Date(startedAt)) };
  },
);
