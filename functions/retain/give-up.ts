import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';
import { orderSchema } from '../contract/retention.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { carryOut } from './hold-point.ts';

const input = z.object({ suite: z.string(), order: orderSchema, run: z.string() });

const vault = new Vault(required('BUCKET'));

/** Lets the objects of a point go that was given up. */
export const handler = agent(input, ({ suite, order, run }) => {
  if (order.hold !== 'pruned') throw new NamedError('ParameterInvalid', `${order.id} was not given up.`);
  return carryOut(vault, suite, order, run);
});
