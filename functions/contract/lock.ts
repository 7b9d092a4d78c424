import * as z from 'zod';

/** The one lock of a suite. `id` and `sources` are known once the point is planned (the lock is then replaced by its holder). */
export const lockSchema = z.object({
  schema: z.literal('suite-backup.lock.v1'),
  executionArn: z.string(),
  workflow: z.string(),
  since: z.string(),
  id: z.string().nullable(),
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
