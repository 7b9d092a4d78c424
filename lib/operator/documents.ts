import { type Failure, failureSchema } from '../../functions/contract/failure.ts';
import { keys, type ProofKey } from '../../functions/contract/keys.ts';
import { type Lock, lockSchema } from '../../functions/contract/lock.ts';
import { type Manifest, parseManifest } from '../../functions/contract/manifest.ts';
import { misplaced, type Proof, proofSchema } from '../../functions/contract/proof.ts';
import type { Judgement } from './evidence.ts';
import type { Reason } from './point.ts';
import type { Vault } from './vault.ts';

/** A manifest as it was found: what does not parse is damaged, and says how, so that one bad object never hides the other points. */
export type FoundManifest = {
  judgement: Judgement;
} /** `stored`: as it lies there, in the order of its keys, which is signed. */ & (
  | { valid: true; manifest: Manifest; stored: object; storedAt: Date }
  | { valid: false; message: string }
);

export async function readManifest(vault: Vault, id: string): Promise<FoundManifest | null> {
  const found = await vault.read(keys.manifest(vault.suite, id));
  if (found === undefined) return null;
  const judgement = await vault.evidence.judge(found.text);
  try {
    const manifest = parseManifest(found.text, { suite: vault.suite, id });
    return { judgement, valid: true, manifest, stored: JSON.parse(found.text) as object, storedAt: found.storedAt };
  } catch (error) {
    const { message } = error as Error;
    return { judgement: elsewhere(judgement, `is not what its key says: ${message}`), valid: false, message };
  }
}

/** A proof with its key. `proof` is null when the object is gone, does not fit its schema or was forged: then it proves nothing. */
export interface FoundProof {
  key: ProofKey;
  judgement: Judgement;
  proof: Proof | null;
}

export async function readProof(vault: Vault, key: ProofKey, of: typeof keys.proof = keys.proof): Promise<FoundProof> {
  const found = await vault.read(of(vault.suite, key.id, key.proofId, key.passed));
  if (found === undefined) return { key, judgement: { state: 'forged', message: 'is gone' }, proof: null };
  const judgement = await vault.evidence.judge(found.text);
  const parsed = proofSchema.safeParse(jsonOf(found.text));
  if (!parsed.success) return { key, judgement: elsewhere(judgement, 'does not fit its schema'), proof: null };
  const problem = misplaced(parsed.data, vault.suite, key);
  if (problem !== null) return { key, judgement: elsewhere(judgement, problem), proof: null };
  return { key, judgement, proof: judgement.state === 'signed' || judgement.state === 'unchecked' ? parsed.data : null };
}

/** What was signed for another place is a forgery where it lies now. */
function elsewhere(judgement: Judgement, message: string): Judgement {
  return judgement.state === 'signed' ? { state: 'forged', message } : judgement;
}

/** Why a document is not believed, as the reason of a point; null when it is. */
export function doubtOf(what: string, { state, message }: Judgement): Reason | null {
  if (state === 'signed') return null;
  return { name: state === 'unchecked' ? 'KeyUnusable' : 'SignatureInvalid', message: `The ${what} ${message}.` };
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
