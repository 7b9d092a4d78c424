import * as z from 'zod';
import { THAW_TIERS } from '../contract/archive.ts';
import { NamedError } from '../contract/errors.ts';
import { readFrom } from '../contract/replica.ts';
import { restoreOptions } from '../contract/restore.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint } from './records.ts';
import { lookAtStored } from './stored.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  /** Sources that are needed. */
  labels: z.array(z.string()),
  mode: restoreOptions.shape.mode,
  tier: z.enum(THAW_TIERS),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/**
 * Asks for every object of these sources that lies in an archive, once, and tells how many cannot be read yet.
 * @throws NamedError ArtifactMissing, ArtifactChanged: lost since the plan
 */
export const handler = agent(input, async ({ suite, id, from, labels, mode, tier }) => {
  const point = stored(from);
  const { sources } = await readPoint(point, suite, id);
  const needed = sources.filter(({ label }) => labels.includes(label));
  const { archived, lost } = await lookAtStored(point, needed, mode);
  if (lost[0]) throw new NamedError(lost[0].name, `Nothing was touched: ${lost.map(({ message }) => message).join(' ')}`);
  await Promise.all(
    archived.map(async ({ artifact, isAskedFor }) => {
      if (!isAskedFor) await point.thaw(artifact.key, artifact.versionId, tier);
    }),
  );
  return { waiting: archived.length, first: archived[0]?.artifact.key ?? null };
});
