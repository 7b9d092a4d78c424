import * as z from 'zod';
import { encode } from '../contract/encoding.ts';
import { NamedError } from '../contract/errors.ts';
import { artifactOf } from '../contract/manifest.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { presignedUrl } from '../runtime/presign.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  label: z.string(),
  role: z.enum(['dump', 'globals', 'schema', 'archive', 'plain-sql']),
});

const vault = new Vault(required('BUCKET'));

/** A URL for one artifact, made right before the host reads it: the host has no right to read the vault. */
export const handler = agent(input, async ({ suite, id, label, role }) => {
  const artifact = artifactOf(sourceOf(await readPoint(vault, { suite, id }), label), role);
  const head = await vault.head(artifact.key, artifact.versionId);
  if (head?.archived) {
    throw new NamedError('PointArchived', `${artifact.key} lies in ${head.archived.storageClass} and is not thawed.`);
  }
  return {
    url: encode(await presignedUrl(vault, artifact.key, artifact.versionId)),
    sha256: artifact.sha256,
    bytes: artifact.bytes,
  };
});
