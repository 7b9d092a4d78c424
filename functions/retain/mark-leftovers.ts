import * as z from 'zod';
import { keys } from '../contract/keys.ts';
import { parseManifest } from '../contract/manifest.ts';
import { RETENTION_TAG } from '../contract/tiers.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';

const input = z.object({ suite: z.string(), id: z.string() });

const vault = new Vault(required('BUCKET'));

/**
 * Tags what a run stored and no manifest names, so that a lifecycle rule takes it: the host must not tag, and what nobody tags stays for ever.
 * Only for a run that has ended. A hidden manifest counts like any other, and one that cannot be read names nobody knows what: then nothing
 * is touched.
 */
export const handler = agent(input, async ({ suite, id }) => {
  const named = await namedObjects(suite, id);
  let marked = 0;
  for await (const { key, versionId, isMarker } of vault.listVersions(keys.artifactPrefix(suite, id))) {
    if (isMarker || named.has(`${versionId} ${key}`)) continue;
    await vault.tag(key, versionId, { [RETENTION_TAG]: 'failed' });
    marked += 1;
  }
  return { id, marked };
});

async function namedObjects(suite: string, id: string): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const { key, versionId, isMarker } of vault.listVersions(keys.manifest(suite, id))) {
    const text = isMarker ? undefined : await vault.getText(key, versionId);
    if (text === undefined) continue;
    for (const { artifacts } of parseManifest(text, { suite, id }).sources) {
      for (const artifact of artifacts) named.add(`${artifact.versionId} ${artifact.key}`);
    }
  }
  return named;
}
