import { isKeyError } from '../../functions/contract/errors.ts';
import type { ReadFrom } from '../../functions/contract/replica.ts';
import { type Connection, readingFrom } from './connection.ts';
import { OperatorError } from './operator-error.ts';
import type { Point } from './point.ts';
import { indent, pointText } from './point-text.ts';
import { readPoint, resolvePoint } from './points.ts';
import { proofText } from './proof-text.ts';
import { proofError, readProofs, readReplicaProof, type ShownProof } from './proofs.ts';
import { type Ended, lockHeld, run } from './run.ts';
import type { Verb } from './verb.ts';
import { whoAmI } from './who.ts';

export interface VerifyFields {
  point: Point | null;
  proof: ShownProof | null;
}

/** Proves a stored point again, by restoring it. */
export const verify: Verb<VerifyFields> = {
  empty: { point: null, proof: null },

  async run(work, request, keep) {
    const { connection } = work;
    const from = request.from ?? 'vault';
    const read = readingFrom(connection, from);
    const { id, index } = await resolvePoint(read, request.id ?? 'latest');
    if (!index.manifests.has(id)) {
      const point = await readPoint(read, id);
      keep({ point });
      throw new OperatorError(
        'NotFound',
        `Recovery point ${id} was never stored, so there is nothing to verify (it is ${point?.state}).`,
      );
    }
    work.progress.line(`verify of ${connection.stack.suite} ${id}${from === 'vault' ? '' : `, from the ${from}`}`);
    const acceptAnomaly = request.acceptAnomaly === undefined ? null : { who: whoAmI(), why: request.acceptAnomaly };
    const ended = await run(work, connection.stack.verifyMachine, { id, from, acceptAnomaly }, () => {});
    const proofId = ended.ok ? ended.output.proofId : ended.cause.proofId;
    const [point, proof] = await Promise.all([readPoint(read, id), proofOf(connection, from, id, proofId)]);
    return { fields: { point, proof }, error: judge(id, ended, proof) };
  },

  text({ point, proof }, style) {
    const parts = [point === null ? '' : pointText(style, point), proof === null ? '' : indent(proofText(style, proof))];
    return parts.filter((part) => part !== '').join('\n\n');
  },
};

/** A run that ended before it wrote a proof must not show an older one as its own. */
async function proofOf(connection: Connection, from: ReadFrom, id: string, proofId: unknown): Promise<ShownProof | null> {
  if (typeof proofId !== 'string') return null;
  if (from === 'replica') return readReplicaProof(connection, id, proofId);
  return (await readProofs(connection, id)).find((each) => each.id === proofId) ?? null;
}

/** Why a verification failed; null only when the run says proven and the proof in the vault says so too. */
export function judge(id: string, ended: Ended, proof: ShownProof | null): OperatorError | null {
  if (!ended.ok) {
    if ((ended.error === 'VerificationFailed' || isKeyError(ended.error)) && proof !== null && !proof.ok)
      return proofError(id, proof);
    return new OperatorError(ended.error, ended.cause.message, ended.cause.problems);
  }
  if (ended.output.outcome === 'LockHeld') return lockHeld(ended.output);
  if (proof === null)
    return new OperatorError('VerificationFailed', `The run of ${id} ended well, but its proof is not in the vault.`);
  if (!proof.ok) return proofError(id, proof);
  if (ended.output.outcome === 'Proven') return null;
  return new OperatorError('VerificationFailed', `The run of ${id} ended with ${ended.output.outcome}.`);
}
