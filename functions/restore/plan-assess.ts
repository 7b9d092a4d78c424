import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { encode, encodeList } from '../contract/encoding.ts';
import { NamedError } from '../contract/errors.ts';
import { idOf, isId, timeOf } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { Manifest } from '../contract/manifest.ts';
import { readFrom } from '../contract/replica.ts';
import type { Source } from '../contract/sources.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { declaredNow, hostParameters } from './items.ts';
import { readPoint } from './records.ts';

const input = z.object({ suite: z.string(), id: z.string(), from: readFrom, sources: z.custom<Source[]>(Array.isArray) });

const CHUNK_BYTES = String(256 * 1024 * 1024);

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** What to ask of the host to know which sources are not what they were. */
export const handler = agent(input, async ({ suite, id, from, sources }) => {
  if (!isId(id)) throw new NamedError('NotFound', `"${id}" is no id of a recovery point.`);
  const manifest = await readPoint(stored(from), suite, id);
  const run = `${idOf(new Date())}-${randomBytes(3).toString('hex')}`;
  const place = { bucket: vault.bucket, prefix: keys.workPrefix(suite, id), chunkBytes: CHUNK_BYTES, restore: run };
  return { restoreId: run, sources: manifest.sources.flatMap((source) => questions(source, manifest, sources, place)) };
});

function questions(
  source: Manifest['sources'][0],
  manifest: Manifest,
  sources: readonly Source[],
  place: Record<string, string>,
) {
  if (source.kind === 'globals' || source.state !== 'captured') return [];
  const declared = declaredNow(source, sources);
  const since = String(Math.floor(timeOf(manifest.id).getTime() / 1000));
  const parameters: Record<string, string> = { ...hostParameters(declared), ...place, source: source.label };
  if (declared.kind === 'database') Object.assign(parameters, { tables: encodeList([]), fingerprint: declared.fingerprint });
  else Object.assign(parameters, { since, to: encode(''), where: 'live', previous: encode('') });
  return [{ label: source.label, kind: source.kind, isTree: source.kind !== 'database', parameters }];
}
