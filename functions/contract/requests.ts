import * as z from 'zod';
import { LONGEST_MESSAGE, NamedError } from './errors.ts';
import { TIERS, TRIGGERS } from './tiers.ts';

/** What starts a backup: by hand, by the schedule, before a deployment. */
export const backupRequest = z.object({
  tier: z.enum(TIERS),
  trigger: z.enum(TRIGGERS),
  label: z.string().max(200).nullable(),
  /** The scheduler says `2026-11-23T02:00:00Z`; whole seconds. */
  scheduledFor: z.string().nullable(),
});
export type BackupRequest = z.infer<typeof backupRequest>;

/** How one iteration of the capture Map ended; the Map itself never fails, so one bad source does not abort its siblings. */
export const captureOutcome = z.object({
  label: z.string(),
  ok: z.boolean(),
  result: z.unknown(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
});
export type CaptureOutcome = z.infer<typeof captureOutcome>;

const incompleteCause = z.object({
  id: z.string(),
  message: z.string(),
  sources: z.array(z.object({ label: z.string(), name: z.string(), message: z.string() })),
});
export type IncompleteCause = z.infer<typeof incompleteCause>;

/** An error that names every source: its message is JSON, so that the failure record and the operator's command can list them. */
export function incomplete(name: ConstructorParameters<typeof NamedError>[0], cause: IncompleteCause): NamedError {
  let sources = cause.sources.map((source) => ({ ...source, message: source.message.slice(0, 600) }));
  const text = () => JSON.stringify({ ...cause, sources });
  // About fifteen fit with long messages; beyond that, naming every source is worth more than what each of them said.
  if (text().length > LONGEST_MESSAGE) sources = sources.map((source) => ({ ...source, message: source.message.slice(0, 60) }));
  while (text().length > LONGEST_MESSAGE) sources.pop();
  return new NamedError(name, text());
}

/** The other direction; plain text stays text. */
export function readCause(text: string): { message: string; sources: IncompleteCause['sources'] } {
  try {
    return incompleteCause.parse(JSON.parse(text));
  } catch {
    return { message: text, sources: [] };
  }
}
