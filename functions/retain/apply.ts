import * as z from 'zod';
import { orderSchema } from '../contract/retention.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { carryOut } from './hold-point.ts';

const input = z.object({ suite: z.string(), order: orderSchema, run: z.string() });

const vault = new Vault(required('BUCKET'));

/** Makes one point stay as long as it was decided. */
export const handler = agent(input, ({ suite, order, run }) => carryOut(vault, suite, order, run));
