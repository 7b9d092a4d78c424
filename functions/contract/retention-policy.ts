import * as z from 'zod';
import type { RetentionPolicy } from './retention-plan.ts';
import { COLDER_CLASSES, type ColderClass } from './tiers.ts';

const days = z.number().int().positive().nullable();
const colder = z
  .object({ storageClass: z.enum(Object.keys(COLDER_CLASSES) as ColderClass[]), afterDays: z.number().int() })
  .nullable();
const ofEveryTier = <Value extends z.ZodType>(value: Value) =>
  z.object({ daily: value, weekly: value, monthly: value, yearly: value });

/** As it stands in a machine's definition and in an output of the stack. */
export const policySchema: z.ZodType<RetentionPolicy> = z.object({
  timeZone: z.string(),
  days: ofEveryTier(days),
  colder: ofEveryTier(colder),
  minimumProven: z.number().int().positive(),
});
