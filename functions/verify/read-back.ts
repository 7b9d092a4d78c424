import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import type { StoredArtifact } from '../contract/manifest.ts';
import { type Check, readBackSection } from '../contract/proof.ts';
import { readFrom } from '../contract/replica.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { readPoint, sourceOf, storeFindings } from './findings.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  from: readFrom,
  proofId: z.string(),
  label: z.string(),
  part: z.object({
    part: z.number().int(),
    pieces: z.array(z.object({ artifact: z.number().int(), from: z.number().int(), to: z.number().int() })),
  }),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Reads stored bytes of a source back, chunk by chunk and by version, and hashes them: memory stays flat whatever the size. */
export const handler = agent(input, async (place) => {
  const point = stored(place.from);
  const source = sourceOf(await readPoint(point, place), place.label);
  const checks: Check[] = [];
  for (const { artifact, from, to } of place.part.pieces) {
    checks.push(await readPieces(point, source.name, source.artifacts[artifact]!, from, to));
  }
  return storeFindings(vault, place, readBackSection(place.label, place.part.part), checks);
});

async function readPieces(point: Vault, source: string, artifact: StoredArtifact, from: number, to: number): Promise<Check> {
  const whole = from === 0 && to >= artifact.chunks.length;
  const name = whole ? artifact.key : `${artifact.key} chunks ${from} to ${to - 1} of ${artifact.chunks.length}`;
  const read = createHash('sha256');
  let bytes = 0;
  let problem: { error: string; message: string } | null = null;
  for (let chunk = from; chunk < to && chunk < artifact.chunks.length; chunk++) {
    const start = chunk * artifact.chunkBytes;
    const end = Math.min(start + artifact.chunkBytes, artifact.bytes) - 1;
    const body = (await point.openRange(artifact.key, artifact.versionId, start, end)) as Readable | undefined;
    if (!body) {
      problem = { error: 'ArtifactMissing', message: `${artifact.key} is not in the ${point.place} any more.` };
      break;
    }
    const hash = createHash('sha256');
    for await (const piece of body) {
      hash.update(piece as Buffer);
      read.update(piece as Buffer);
      bytes += (piece as Buffer).length;
    }
    const actual = hash.digest('hex');
    if (actual !== artifact.chunks[chunk]) {
      problem ??= { error: 'ArtifactChanged', message: `${artifact.key} was changed between byte ${start} and ${end}.` };
    }
  }
  const sha256 = read.digest('hex');
  const expected = whole ? { sha256: artifact.sha256, bytes: artifact.bytes } : { chunks: artifact.chunks.slice(from, to) };
  // The whole hash binds the chunks to what the host saw pass; a chunk list of its own would prove only itself.
  if (!problem && whole && (sha256 !== artifact.sha256 || bytes !== artifact.bytes)) {
    problem = { error: 'ArtifactChanged', message: `${artifact.key} has another hash than was sealed.` };
  }
  const ok = problem === null;
  const message = problem?.message ?? `${bytes} bytes read back and the same.`;
  return {
    kind: 'read-back',
    source,
    name,
    ok,
    severity: 'failure',
    expected,
    actual: { sha256, bytes },
    message,
    error: problem?.error ?? null,
  };
}
