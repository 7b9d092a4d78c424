import { isKeyError } from '../../functions/contract/errors.ts';
import { keys } from '../../functions/contract/keys.ts';
import type { Check, Proof } from '../../functions/contract/proof.ts';
import type { Connection } from './connection.ts';
import { type FoundProof, readProof } from './documents.ts';
import { OperatorError, type Problem } from './operator-error.ts';
import { inParallel } from './parallel.ts';
import { indexOf } from './point-index.ts';
import { Vault } from './vault.ts';

/** A proof as documents show it: without what the point around it says already. */
export type ShownProof = Omit<Proof, 'schema' | 'suite' | 'point'>;

/** All proofs of a point, newest first. */
export async function readProofs(connection: Connection, id: string): Promise<ShownProof[]> {
  return (await findProofs(connection, id)).map(shownProof);
}

/** The same as they were found. */
export async function findProofs(connection: Connection, id: string): Promise<FoundProof[]> {
  const vault = new Vault(connection);
  const listed = await vault.list(`${keys.proofs(vault.suite)}${id}/`);
  const found = indexOf(vault.suite, listed).proofs.get(id) ?? [];
  return inParallel(8, found, (key) => readProof(vault, key));
}

/** A proof of what lies in the replica; null when there is none. */
export async function readReplicaProof(connection: Connection, id: string, proofId: string): Promise<ShownProof | null> {
  const vault = new Vault(connection);
  const [listed] = await vault.list(`${keys.replicaProofs(vault.suite)}${id}/${proofId}.`);
  const passed = listed?.endsWith('.passed.json') === true;
  return listed === undefined ? null : shownProof(await readProof(vault, { id, proofId, passed }, keys.replicaProof));
}

export function shownProof({ key, judgement, proof }: FoundProof): ShownProof {
  if (proof !== null) {
    const { schema: _schema, suite: _suite, point: _point, ...shown } = proof;
    return shown;
  }
  return {
    id: key.proofId,
    startedAt: '',
    finishedAt: '',
    ok: false,
    reason: { name: 'SignatureInvalid', message: `The proof ${judgement.message}, so it proves nothing.`, source: null },
    restoreSeconds: 0,
    server: null,
    acceptedAnomaly: null,
    checks: [],
  };
}

/** The checks that keep a proof from being ok; warnings do not. */
export function failedChecks(proof: ShownProof): Check[] {
  return proof.checks.filter((check) => !check.ok && check.severity === 'failure');
}

/** Why a proof failed: one problem per failed check. */
export function proofError(id: string, proof: ShownProof): OperatorError {
  const failed = failedChecks(proof);
  const problems: Problem[] = failed.map((check) => ({
    path: check.source,
    value: check.error ?? 'VerificationFailed',
    message: check.message,
  }));
  const reason = proof.reason?.message ?? 'the proof does not say why';
  const name = isKeyError(proof.reason?.name) ? proof.reason.name : 'VerificationFailed';
  return new OperatorError(name, `Recovery point ${id} is not proven: ${reason}`, problems);
}
