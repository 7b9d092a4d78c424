import { NamedError } from '../contract/errors.ts';
import { keys, type ProofKey, parseProofKey } from '../contract/keys.ts';
import { misplaced, type Proof, proofSchema } from '../contract/proof.ts';
import type { Signing } from './signing.ts';
import type { Vault } from './vault.ts';

/** The newest proof of a point, and what is wrong with its manifest and that proof: a proof that nobody signed who may, or of another point, proves nothing. @throws NamedError ObjectsHidden */
export async function signedEvidence(
  vault: Vault,
  signing: Signing,
  suite: string,
  point: string,
): Promise<{ proof: Proof | null; problems: string[] }> {
  const manifest = await problemWith(signing, await read(vault, keys.manifest(suite, point)));
  const problems = manifest === null ? [] : [`The manifest of ${point} ${manifest}.`];
  let newest: { key: string; id: ProofKey } | undefined;
  for await (const { key } of vault.list(`${keys.proofs(suite)}${point}/`)) {
    const id = parseProofKey(suite, key);
    if (id) newest = { key, id };
  }
  if (newest === undefined) return { proof: null, problems };
  const text = await read(vault, newest.key);
  const forged = await problemWith(signing, text);
  const proof = forged === null ? proofSchema.parse(JSON.parse(text)) : null;
  const problem = proof === null ? forged : misplaced(proof, suite, newest.id);
  if (problem === null) return { proof, problems };
  return { proof: null, problems: [...problems, `The newest proof of ${point} ${problem}.`] };
}

async function read(vault: Vault, key: string): Promise<string> {
  const text = await vault.getText(key);
  if (text === undefined) throw new NamedError('ObjectsHidden', `${key} is gone or hidden.`);
  return text;
}

async function problemWith(signing: Signing, text: string): Promise<string | null> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  return document instanceof Object ? signing.problemWith(document) : 'has no signature';
}
