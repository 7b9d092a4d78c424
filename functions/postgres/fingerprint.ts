import * as z from 'zod';
import { NamedError } from '../contract/errors.ts';

/** What a database held at one moment, as capture-database and fingerprint-scratch write it and as an agent reads it over the wire. */

const table = z.object({
  kind: z.literal('table'),
  /** `schema.table` as quote_ident writes it. */
  name: z.string(),
  rows: z.number().int().nonnegative(),
  hash: z.string().nullable(),
  method: z.enum(['record', 'text', 'count']),
});
const largeObjects = z.object({
  kind: z.literal('large-objects'),
  count: z.number().int().nonnegative(),
  hash: z.string().nullable(),
});
const sequence = z.object({
  kind: z.literal('sequence'),
  phase: z.enum(['before', 'after', 'restored']),
  name: z.string(),
  /** What nextval would have given. */
  next: z.string().regex(/^-?\d+$/),
});
/** The answer of a check of the suite file: first column of the first row as text, and how many rows there were. */
const sql = z.object({
  kind: z.literal('sql'),
  name: z.string(),
  rows: z.number().int().nonnegative(),
  value: z.string().nullable(),
  error: z.string().nullable(),
});

export const entrySchema = z.discriminatedUnion('kind', [table, largeObjects, sequence, sql]);
export type Entry = z.infer<typeof entrySchema>;
export type SqlAnswer = z.infer<typeof sql>;

export const fingerprintSchema = z.object({
  schema: z.literal('suite-backup.fingerprint.v1'),
  mode: z.enum(['hash', 'count']),
  entries: z.array(entrySchema),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** @throws NamedError FingerprintMismatch when the text is no fingerprint, so that nothing can be compared with it. */
export function parseFingerprint(text: string): Fingerprint {
  try {
    return fingerprintSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new NamedError('FingerprintMismatch', `The stored fingerprint cannot be read: ${why}`);
  }
}

export function entriesOf<Kind extends Entry['kind']>(fingerprint: Fingerprint, kind: Kind): Extract<Entry, { kind: Kind }>[] {
  return fingerprint.entries.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
}
