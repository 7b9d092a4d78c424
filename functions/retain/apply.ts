import * as z from 'zod';
import { type ErrorName, NamedError } from '../contract/errors.ts';
import { nextTime, orderSchema, type Retained } from '../contract/retention.ts';
import { required } from '../runtime/environment.ts';
import { signedEvidence } from '../runtime/evidence.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { Vault } from '../runtime/vault.ts';
import { carryOut } from './hold-point.ts';

const input = z.object({ suite: z.string(), order: orderSchema, run: z.string() });

const vault = new Vault(required('BUCKET'));
const signing = new Signing();

/** What says that a point is not whole, or not what was sealed: nothing that a second try could heal. */
const DAMAGE: readonly string[] = ['ArtifactMissing', 'ManifestInvalid', 'SignatureInvalid'] satisfies ErrorName[];

/**
 * Makes one point stay as long as it was decided. That it was proven is known from a key so far: before an older point is let go for it, somebody
 * who may must have signed that, and all of it must be there. Else it is noted as damaged, and `damaged` says why; what is left of it is held, or
 * the rule of its tier would hide it again and again. What was only hidden meanwhile is no damage: the next run shows it again.
 */
export const handler = agent(input, async ({ suite, order, run }) => {
  try {
    if (order.hold === 'floor') await requireEvidence(suite, order.id);
    return { ...(await carryOut(vault, suite, order, run)), damaged: null };
  } catch (error) {
    if (order.hold === 'tier' || !(error instanceof NamedError) || !DAMAGE.includes(error.name)) throw error;
    // Later than the order, which may be on record already.
    const noted: Retained = { ...order, hold: 'damaged', time: nextTime(new Date(), order.time) };
    const { id, tagged } = await carryOut(vault, suite, noted, `${run}: ${error.message}`);
    return { id, tagged, damaged: `${error.name}: ${error.message}` };
  }
});

async function requireEvidence(suite: string, id: string): Promise<void> {
  const { proof, problems } = await signedEvidence(vault, signing, suite, id);
  if (proof === null && problems.length === 0)
    throw new NamedError('ObjectsHidden', `The proofs of ${id} are gone or hidden since this run looked.`);
  if (problems.length > 0) throw new NamedError('SignatureInvalid', problems.join(' '));
}
