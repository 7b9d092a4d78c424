import { type Failure, failureSchema } from '../../functions/contract/failure.ts';
import { keys, type ProofKey } from '../../functions/contract/keys.ts';
import { type Lock, lockSchema } from '../../functions/contract/lock.ts';
import { type Manifest, parseManifest } from '../../functions/contract/manifest.ts';
import { type Proof, proofSchema } from '../../functions/contract/proof.ts';
import type { Vault } from './vault.ts';

/** A manifest as it was found: what does not parse is damaged, and says how, so that one bad object never hides the other points. */
export type FoundManifest = { valid: true; manifest: Manifest; storedAt: Date } | { valid: false; message: string };

export async function readManifest(vault: Vault, id: string): Promise<FoundManifest | null> {
  const found = await vault.read(keys.manifest(vault.suite, id));
  if (found === undefined) return null;
  try {
    return { valid: true, manifest: parseManifest(found.text, { suite: vault.suite, id }), storedAt: found.storedAt };
  } catch (error) {
    return { valid: false, message: (error as Error).message };
  }
}

/** A proof with its key. `proof` is null when the object is gone or does not fit its schema: then it proves nothing. */
export interface FoundProof {
  key: ProofKey;
  proof: Proof | null;
}

export async function readProof(vault: Vault, key: ProofKey, of: typeof keys.proof = keys.proof): Promise<FoundProof> {
  const found = await vault.read(of(vault.suite, key.id, key.proofId, key.passed));
  const parsed = proofSchema.safeParse(jsonOf(found?.text));
  // The key and the document must say the same: a passed.json that says it failed was tampered with.
  const agrees =
    parsed.success && parsed.data.point === key.id && parsed.data.id === key.proofId && parsed.data.ok === key.passed;
  return { key, proof: agrees ? parsed.data : null };
}

/** What is known of a run that failed, by the key of its record; null when there is none, or none that can be read. */
export async function readFailure(vault: Vault, key: string): Promise<Failure | null> {
  const found = await vault.read(key);
  return failureSchema.safeParse(jsonOf(found?.text)).data ?? null;
}

/** The suite's lock; null when nobody holds it. */
export async function readLock(vault: Vault): Promise<Lock | null> {
  const found = await vault.read(keys.lock(vault.suite));
  return lockSchema.safeParse(jsonOf(found?.text)).data ?? null;
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
