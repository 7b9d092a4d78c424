import * as z from 'zod';
import { THAW_TIERS } from '../contract/archive.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { archivedArtifacts } from './archived.ts';
import { readPoint } from './records.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  /** Sources that are needed. */
  labels: z.array(z.string()),
  tier: z.enum(THAW_TIERS),
});

const vault = new Vault(required('BUCKET'));

/** Asks for every object of these sources that lies in an archive, once, and tells how many cannot be read yet. */
export const handler = agent(input, async ({ suite, id, labels, tier }) => {
  const { sources } = await readPoint(vault, suite, id);
  const archived = await archivedArtifacts(
    vault,
    sources.filter(({ label }) => labels.includes(label)),
  );
  await Promise.all(
    archived.map(async ({ artifact, isAskedFor }) => {
      if (!isAskedFor) await vault.thaw(artifact.key, artifact.versionId, tier);
    }),
  );
  return { waiting: archived.length, first: archived[0]?.artifact.key ?? null };
});
