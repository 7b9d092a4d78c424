import * as z from 'zod';
import { TIERS } from './tiers.ts';

/** For how long a version cannot be deleted, by anybody: days of each tier, counted from when it was sealed, or from now while a point is held. */
export const objectLock = z.object({
  mode: z.enum(['governance', 'compliance']),
  days: z.record(z.enum(TIERS), z.number().int().positive()),
});
export type ObjectLock = Readonly<z.infer<typeof objectLock>>;

const DAY = 86_400_000;

export function lockedUntil(from: Date, days: number): Date {
  return new Date(from.getTime() + days * DAY);
}
