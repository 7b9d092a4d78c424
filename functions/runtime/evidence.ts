import { NamedError } from '../contract/errors.ts';
import { keys, type ProofKey, parseProofKey } from '../contract/keys.ts';
import { type Proof, proofSchema } from '../contract/proof.ts';
import type { Signing } from './signing.ts';
import type { Vault } from './vault.ts';

/** The newest proof of a point, and what is wrong with its manifest and that proof: a proof that nobody signed who may, or of another point, proves nothing. @throws NamedError ObjectsHidden */
export async function signedEvidence(
  vault: Vault,
  signing: Signing,
  suite: string,
  point: string,
): Promise<{ proof: Proof | null; problems: string[] }> {
  const manifest = await signing.problemWith(await read(vault, keys.manifest(suite, point)));
  const problems = manifest === null ? [] : [`The manifest of ${point} ${manifest}.`];
  let newest: { key: string; id: ProofKey } | undefined;
  for await (const { key } of vault.list(`${keys.proofs(suite)}${point}/`)) {
    const id = parseProofKey(suite, key);
    if (id) newest = { key, id };
  }
  if (newest === undefined) return { proof: null, problems };
  const stored = await read(vault, newest.key);
  const problem = (await signing.problemWith(stored)) ?? elsewhere(stored, suite, newest.id);
  if (problem === null) return { proof: proofSchema.parse(stored), problems };
  return { proof: null, problems: [...problems, `The newest proof of ${point} ${problem}.`] };
}

async function read(vault: Vault, key: string): Promise<object> {
  const stored = await vault.getJson(key);
  if (stored === undefined) throw new NamedError('ObjectsHidden', `${key} is gone or hidden.`);
  return stored as object;
}

/** A document that was signed says itself where it belongs: one that was copied elsewhere is told by that. */
function elsewhere(stored: object, suite: string, { id, proofId, passed }: ProofKey): string | null {
  const proof = proofSchema.parse(stored);
  const fits = proof.suite === suite && proof.point === id && proof.id === proofId && proof.ok === passed;
  return fits ? null : `is proof ${proof.id} of ${proof.suite} ${proof.point}`;
}
