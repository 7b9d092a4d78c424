import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { orderSchema } from '../contract/retention.ts';
import { required } from '../runtime/environment.ts';
import { signedEvidence } from '../runtime/evidence.ts';
import { agent } from '../runtime/handler.ts';
import { Signing } from '../runtime/signing.ts';
import { Vault } from '../runtime/vault.ts';
import { carryOut } from './hold-point.ts';

const input = z.object({ suite: z.string(), order: orderSchema, run: z.string() });

const vault = new Vault(required('BUCKET'));
const signing = new Signing();

/**
 * Makes one point stay as long as it was decided. That it was proven is known from a key so far: before an older point is let go for it, somebody
 * who may must have signed that. @throws NamedError SignatureInvalid, and what `carryOut` throws
 */
export const handler = agent(input, async ({ suite, order, run }) => {
  if (order.hold === 'floor') {
    const { problems } = await signedEvidence(vault, signing, suite, order.id);
    if (problems.length > 0) throw new NamedError('SignatureInvalid', problems.join(' '));
  }
  return carryOut(vault, suite, order, run);
});
