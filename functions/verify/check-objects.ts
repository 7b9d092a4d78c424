import * as z from 'zod';
import type { StoredArtifact } from '../contract/manifest.ts';
import { type Check, sectionName } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf, storeFindings } from './findings.ts';

const input = z.object({ suite: z.string(), id: z.string(), from: readFrom, proofId: z.string(), label: z.string() });

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Is every object of a source there, in the version and size the manifest names? */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  const checks = (await Promise.all(source.artifacts.map((artifact) => lookAt(point, source.name, artifact)))).flat();
  return storeFindings(vault, place, sectionName('object', place.label), checks);
});

async function lookAt(point: Vault, source: string, { key, versionId, bytes }: StoredArtifact): Promise<Check[]> {
  const head = await point.head(key, versionId);
  const expected = { versionId, bytes };
  const actual = head ? { versionId: head.versionId, bytes: head.bytes } : null;
  const error = !head ? 'ArtifactMissing' : head.bytes === bytes ? null : 'ArtifactChanged';
  const message = !head
    ? `${key} is not in the ${point.place} any more.`
    : head.bytes === bytes
      ? 'Is there, in this version and size.'
      : `${key} has ${head.bytes} bytes; ${bytes} were sealed.`;
  const check: Check = {
    kind: 'object',
    source,
    name: key,
    ok: error === null,
    severity: 'failure',
    expected,
    actual,
    message,
    error,
  };
  const newer = await point.head(key);
  if (newer && newer.versionId === versionId) return [check];
  return [check, newer ? superseded(source, key, versionId, newer.versionId) : hidden(source, key, versionId)];
}

/** The sealed version is read by its id, so the point stands; but nobody of ours writes twice. */
function superseded(source: string, key: string, sealed: string, newest: string): Check {
  const message = `${key} was written again after it was sealed; the sealed version is still there.`;
  return {
    kind: 'object',
    source,
    name: key,
    ok: false,
    severity: 'warning',
    expected: sealed,
    actual: newest,
    message,
    error: null,
  };
}

function hidden(source: string, key: string, sealed: string): Check {
  const message = `${key} lies under a delete marker; the sealed version is still there until lifecycle removes it.`;
  return {
    kind: 'object',
    source,
    name: key,
    ok: false,
    severity: 'warning',
    expected: sealed,
    actual: null,
    message,
    error: null,
  };
}
