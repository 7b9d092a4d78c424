import * as z from 'zod';
import { sealedFormatOf } from '../contract/encryption.ts';
import { NamedError } from '../contract/errors.ts';
import type { ManifestSource, StoredArtifact } from '../contract/manifest.ts';
import { type Check, sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { readKeys } from '../runtime/keys.ts';
import { openObject } from '../runtime/read-stored.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { failedCheck, readPoint, sourceOf, storeFindings } from './findings.ts';

const input = z.object({ suite: z.string(), id: z.string(), from: readFrom, proofId: z.string(), label: z.string() });

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Is there a key for every encrypted object of a source, and which? Every proof is a drill of the key, too; what it opens is read by others. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  return storeFindings(vault, place, sectionName('key', place.label), await tryOn(point, source));
});

async function tryOn(point: Vault, source: ManifestSource): Promise<Check[]> {
  const sealed = source.artifacts.filter(({ key }) => sealedFormatOf(key) !== null);
  const keyring = readKeys();
  keyring.catch(() => {}); // told for each object
  const tried = await Promise.all(sealed.map((artifact) => open(point, source.name, artifact, keyring)));
  const failed = tried.filter((one): one is Check => typeof one !== 'string');
  if (failed.length > 0) return failed;
  const by = [...new Set(tried as string[])];
  const recipients = [...new Set(sealed.flatMap((artifact) => artifact.recipients ?? []))];
  const check: Check = {
    kind: 'archive',
    source: source.name,
    name: 'key',
    ok: true,
    severity: 'failure',
    expected: { encryption: sealed[0]?.encryption ?? 'none', recipients },
    actual: { openedBy: by },
    message: `${sealed.length} objects are opened by ${by.join(', ')}.`,
    error: null,
  };
  return [check];
}

/** By what it was opened, or the check that failed. */
async function open(
  point: Vault,
  source: string,
  artifact: StoredArtifact,
  keyring: ReturnType<typeof readKeys>,
): Promise<Check | string> {
  try {
    return (await openObject(point, artifact, keyring)).openedBy;
  } catch (error) {
    if (!(error instanceof NamedError)) throw error;
    return failedCheck('archive', source, `key of ${artifact.key}`, error.name, error.message);
  }
}
