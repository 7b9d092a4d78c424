import * as z from 'zod';
import { encode } from '../contract/encoding.ts';
import { sealedFormatOf } from '../contract/encryption.ts';
import { NamedError } from '../contract/errors.ts';
import { HOST_RESULTS } from '../contract/host-results.ts';
import { artifactOf, type StoredArtifact } from '../contract/manifest.ts';
import { readFrom } from '../contract/replica.ts';
import { OPEN, type WayIn, wayForHost } from '../encryption/way-for-host.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { readKeys } from '../runtime/keys.ts';
import { presignedUrl } from '../runtime/presign.ts';
import { openObject } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf } from './findings.ts';

const runKey = HOST_RESULTS['make-key'];
const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  label: z.string(),
  role: z.enum(['dump', 'globals', 'schema', 'archive', 'plain-sql']),
  /** The key that the host made for its run; null where nothing is encrypted. */
  key: runKey.nullable(),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/**
 * A way to one artifact, made right before the host reads it: the host has no right to read the vault, and nothing of its own that opens what
 * is encrypted. It gets a URL, and what opens this one object, for the key of its run only.
 */
export const handler = agent(input, async ({ suite, id, from, label, role, key }) => {
  const point = stored(from);
  const artifact = artifactOf(sourceOf(await readPoint(point, { suite, id }), label), role);
  const head = await point.head(artifact.key, artifact.versionId);
  if (head?.archived) {
    throw new NamedError('PointArchived', `${artifact.key} lies in ${head.archived.storageClass} and is not thawed.`);
  }
  const url = encode(await presignedUrl(point, artifact.key, artifact.versionId));
  return {
    way: { url, runKey: key?.key ?? '', ...(await wayIn(point, artifact, key)) },
    sha256: artifact.sha256,
    bytes: artifact.bytes,
  };
});

async function wayIn(point: Vault, artifact: StoredArtifact, own: z.infer<typeof runKey> | null): Promise<WayIn> {
  if (sealedFormatOf(artifact.key) === null) return OPEN;
  if (!own) throw new NamedError('KeyMissing', `${artifact.key} is encrypted, and the host has made no key for this run.`);
  return wayForHost(await openObject(point, artifact, readKeys()), own.publicKey);
}
