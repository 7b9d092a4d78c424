import * as z from 'zod';

/** The one lock of a suite. `id` and `sources` are known once the point is planned (the lock is then replaced by its holder). */
export const lockSchema = z.object({
  schema: z.literal('suite-backup.lock.v1'),
  executionArn: z.string(),
  workflow: z.string(),
  since: z.string(),
  id: z.string().nullable(),
  /** What a run that changes the suite must be put back by, should it die. */
  restoreId: z.string().nullable().default(null),
  /** The one clean-up that puts it back: two at once would be in each other's way. */
  cleaner: z.string().nullable().default(null),
  request: z
    .object({
      tier: z.string(),
      trigger: z.string(),
      label: z.string().nullable(),
      scheduledFor: z.string().nullable(),
      sources: z.array(z.object({ label: z.string(), kind: z.string(), name: z.string() })),
    })
    .nullable(),
});
export type Lock = z.infer<typeof lockSchema>;
