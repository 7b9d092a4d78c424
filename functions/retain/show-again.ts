import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';

const input = z.object({ id: z.string(), key: z.string(), versionId: z.string() });

const vault = new Vault(required('BUCKET'));

/**
 * Removes a delete marker over an object of a point whose time has not come. The marker is looked for first: its id must not be that of a
 * version with bytes, which this call would remove for good.
 */
export const handler = agent(input, async ({ id, key, versionId }) => {
  for await (const version of vault.listVersions(key)) {
    if (version.key !== key || version.versionId !== versionId) continue;
    if (!version.isMarker) throw new NamedError('RetentionFailed', `${key} in version ${versionId} is no delete marker.`);
    await vault.removeVersion(key, versionId);
    return { id, key, shown: true };
  }
  return { id, key, shown: false };
});
