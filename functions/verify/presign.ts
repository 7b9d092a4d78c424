import * as z from 'zod';
import { encode } from '../contract/encoding.ts';
import { NamedError } from '../contract/errors.ts';
import { artifactOf } from '../contract/manifest.ts';
import { readFrom } from '../contract/replica.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { presignedUrl } from '../runtime/presign.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  label: z.string(),
  role: z.enum(['dump', 'globals', 'schema', 'archive', 'plain-sql']),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** A URL for one artifact, made right before the host reads it: the host has no right to read the vault. */
export const handler = agent(input, async ({ suite, id, from, label, role }) => {
  const point = stored(from);
  const artifact = artifactOf(sourceOf(await readPoint(point, { suite, id }), label), role);
  const head = await point.head(artifact.key, artifact.versionId);
  if (head?.archived) {
    throw new NamedError('PointArchived', `${artifact.key} lies in ${head.archived.storageClass} and is not thawed.`);
  }
  return {
    url: encode(await presignedUrl(point, artifact.key, artifact.versionId)),
    sha256: artifact.sha256,
    bytes: artifact.bytes,
  };
});
