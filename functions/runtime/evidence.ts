import { keys, parseProofKey } from '../contract/keys.ts';
import { type Proof, proofSchema } from '../contract/proof.ts';
import type { Signing } from './signing.ts';
import type { Vault } from './vault.ts';

/** The newest proof of a point, and what is wrong with the signatures of its manifest and of that proof. A proof that nobody signed proves nothing. */
export async function signedEvidence(
  vault: Vault,
  signing: Signing,
  suite: string,
  point: string,
): Promise<{ proof: Proof | null; problems: string[] }> {
  const manifest = await signing.problemWith((await vault.getJson(keys.manifest(suite, point))) as object);
  const problems = manifest === null ? [] : [`The manifest of ${point} ${manifest}.`];
  let newest: string | undefined;
  for await (const { key } of vault.list(`${keys.proofs(suite)}${point}/`)) if (parseProofKey(suite, key)) newest = key;
  if (newest === undefined) return { proof: null, problems };
  const stored = (await vault.getJson(newest)) as object;
  const problem = await signing.problemWith(stored);
  if (problem === null) return { proof: proofSchema.parse(stored), problems };
  return { proof: null, problems: [...problems, `The newest proof of ${point} ${problem}.`] };
}
