import * as z from 'zod';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';

const vault = new Vault(required('BUCKET'));

/** The one-time password goes with the scratch it opens. */
export const handler = agent(z.object({ accessKey: z.string() }), async ({ accessKey }) => ({
  removed: await vault.remove(accessKey),
}));
