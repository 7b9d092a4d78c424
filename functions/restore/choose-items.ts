import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { encodeList } from '../contract/encoding.ts';
import { NamedError } from '../contract/errors.ts';
import { idOf, isId } from '../contract/ids.ts';
import { idOfKey, keys, parseProofKey } from '../contract/keys.ts';
import { isSealed } from '../contract/manifest.ts';
import { restoreRequest } from '../contract/restore.ts';
import { newestDecisions } from '../contract/retention.ts';
import type { Source } from '../contract/sources.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { storedIn } from '../runtime/stored.ts';
import { Vault } from '../runtime/vault.ts';
import { chosenItems } from './items.ts';
import { looksAt } from './looks.ts';
import { readPoint } from './records.ts';

const input = z.object({
  suite: z.string(),
  request: restoreRequest,
  sources: z.custom<Source[]>(Array.isArray),
  writers: z.array(z.string()),
});

const vault = new Vault(required('BUCKET'));
const stored = storedIn(vault);

/** Which point, which of its sources, and what must be asked of the host before anything can be promised. Touches nothing. */
export const handler = agent(input, async ({ suite, request, sources, writers }) => {
  const from = stored(request.from);
  const point = await resolve(from, suite, request.id);
  // What is given up in the vault stays in the replica.
  if (request.from === 'vault') await refuseGivenUp(suite, point);
  const restoreId = `${idOf(new Date())}-${randomBytes(3).toString('hex')}`;
  const manifest = await readPoint(from, suite, point);
  const { items } = chosenItems(manifest, request, sources);
  const looks = items.flatMap((item) => looksAt(item, request, manifest));
  const sealed = manifest.sources.filter(isSealed).map(({ label }) => label);
  const findWriters = { key: 'writers', document: 'find-writers', presign: null, parameters: { writers: encodeList(writers) } };
  return {
    restoreId,
    point,
    /** Something encrypted must come to the host to be looked at. */
    sealed: looks.some(({ presign }) => presign && sealed.includes(presign.label)),
    looks: [...(writers.length > 0 ? [findWriters] : []), ...looks].map((look) => ({
      ...look,
      parameters: { ...look.parameters, restore: restoreId },
    })),
  };
});

/** From the decision on: some of its objects may be gone already. @throws NamedError Expired */
async function refuseGivenUp(suite: string, id: string): Promise<void> {
  const decisions: string[] = [];
  for await (const { key } of vault.list(`${keys.retention(suite)}${id}/`)) decisions.push(key);
  if (newestDecisions(suite, decisions).get(id)?.hold === 'pruned')
    throw new NamedError('Expired', `${id} was given up by an operator; its objects are going.`);
}

async function resolve(from: Vault, suite: string, wanted: string): Promise<string> {
  if (wanted !== 'latest' && wanted !== 'latest-proven') {
    if (!isId(wanted)) throw new NamedError('NotFound', `"${wanted}" is no id of a recovery point.`);
    return wanted;
  }
  const ids: string[] = [];
  for await (const { key } of from.list(keys.manifests(suite))) {
    const id = idOfKey(keys.manifests(suite), key);
    if (id) ids.push(id);
  }
  const passed = new Map<string, boolean>();
  if (wanted === 'latest-proven') {
    // In the order of their keys, so the newest proof of each point has the last word.
    for await (const { key } of from.list(keys.proofs(suite))) {
      const proof = parseProofKey(suite, key);
      if (proof) passed.set(proof.id, proof.passed);
    }
  }
  const found = ids.findLast((id) => wanted === 'latest' || passed.get(id));
  if (!found) throw new NamedError('NotFound', `There is no ${wanted === 'latest' ? '' : 'proven '}recovery point yet.`);
  return found;
}
