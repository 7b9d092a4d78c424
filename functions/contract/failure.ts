import * as z from 'zod';

/** What went wrong with a run, written once by an agent (`failures/<id>.json`), also when the run was killed or timed out. */
export const failureSchema = z.object({
  schema: z.literal('suite-backup.failure.v1'),
  id: z.string(),
  suite: z.string(),
  workflow: z.string(),
  executionArn: z.string(),
  at: z.string(),
  startedAt: z.string(),
  name: z.string(),
  message: z.string(),
  tier: z.string().nullable(),
  trigger: z.string().nullable(),
  label: z.string().nullable(),
  scheduledFor: z.string().nullable(),
  sources: z.array(
    z.object({
      label: z.string(),
      kind: z.string(),
      name: z.string(),
      state: z.enum(['captured', 'absent', 'failed']),
      reason: z.object({ name: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
export type Failure = z.infer<typeof failureSchema>;
