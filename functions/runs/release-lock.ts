import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { lockSchema } from '../contract/lock.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';

const vault = new Vault(required('BUCKET'));

/** Removes the lock, but only this run's own: If-Match keeps it from taking away one that was taken over meanwhile. */
export const handler = agent(z.object({ suite: z.string(), executionArn: z.string() }), async ({ suite, executionArn }) => {
  const stored = await vault.read(keys.lock(suite));
  if (!stored || lockSchema.parse(JSON.parse(stored.text)).executionArn !== executionArn) return { released: false };
  return { released: await vault.remove(keys.lock(suite), stored.etag) };
});
