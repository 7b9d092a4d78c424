import * as z from 'zod';
import type { ProofKey } from './keys.ts';
import { hasPlainSql, isSealed, type Manifest, type ManifestSource } from './manifest.ts';
import { READ_FROM } from './replica.ts';
import { signatureSchema } from './signature.ts';
import type { CrossCheck, SqlCheck } from './sources.ts';

export const CHECK_KINDS = [
  'object',
  'read-back',
  'archive',
  'restore',
  'table',
  'sequence',
  'large-objects',
  'schema',
  'files',
  'sql',
  'cross',
  'signature',
] as const;

/** One thing that was looked at. `expected` and `actual` are null only when there is nothing to compare (then `ok` is false or the message says why). */
export const checkSchema = z.object({
  kind: z.enum(CHECK_KINDS),
  source: z.string(),
  name: z.string(),
  ok: z.boolean(),
  severity: z.enum(['failure', 'warning']),
  expected: z.unknown(),
  actual: z.unknown(),
  message: z.string(),
  /** Name in the error table that a failed check stands for. */
  error: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

/** The result of one state of the prove workflow; write-proof gathers the sections that `requiredSections` names. */
export const findingsSchema = z.object({
  schema: z.literal('suite-backup.findings.v1'),
  section: z.string(),
  checks: z.array(checkSchema).min(1),
  restoreSeconds: z.number().nonnegative().nullable(),
  server: z.object({ version: z.string(), image: z.string() }).nullable(),
});
export type Findings = z.infer<typeof findingsSchema>;

export const proofSchema = z.object({
  schema: z.literal('suite-backup.proof.v1'),
  id: z.string(),
  point: z.string(),
  suite: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  ok: z.boolean(),
  /** Why it is not ok: the first failed check. */
  reason: z.object({ name: z.string(), message: z.string(), source: z.string().nullable() }).nullable(),
  /** Said of the replica only. */
  readFrom: z.enum(READ_FROM).optional(),
  restoreSeconds: z.number().nonnegative(),
  server: z.object({ version: z.string(), image: z.string() }).nullable(),
  acceptedAnomaly: z.object({ who: z.string(), why: z.string() }).nullable(),
  checks: z.array(checkSchema),
  signature: signatureSchema.nullish(),
});
export type Proof = z.infer<typeof proofSchema>;

/** A proof that was signed says itself where it belongs: why it is none of the place where it was found; null when it is. */
export function misplaced(proof: Proof, suite: string, { id, proofId, passed }: ProofKey): string | null {
  const fits = proof.suite === suite && proof.point === id && proof.id === proofId && proof.ok === passed;
  return fits ? null : `is proof ${proof.id} of ${proof.suite} ${proof.point}, which ${proof.ok ? 'passed' : 'failed'}`;
}

/** A section of a proof and the check that stands for it when it is missing. */
export interface Section {
  readonly section: string;
  readonly kind: Check['kind'];
  readonly source: string;
}

export const sectionName = (kind: string, label: string) => `${kind}-${label}`;

/** A database is stored once or twice; what was found out about its plain SQL stands in sections of its own. */
export const COPIES = ['dump', 'plain-sql'] as const;
export type Copy = (typeof COPIES)[number];
export const sectionOfCopy = (copy: Copy, kind: string, label: string) =>
  sectionName(copy === 'dump' ? kind : `${copy}-${kind}`, label);
/** Of the manifest itself. */
export const SIGNATURE: Section = { section: 'signature', kind: 'signature', source: 'manifest' };
const OF_PLAIN_SQL = ['restore', 'table', 'schema'] as const satisfies readonly Check['kind'][];

const SECTIONS_OF_KIND: Record<ManifestSource['kind'], readonly Check['kind'][]> = {
  database: ['archive', 'restore', 'table', 'schema'],
  globals: ['restore'],
  volume: ['files'],
  path: ['files'],
  files: ['files'],
};

/**
 * What a proof must contain, from the manifest alone: a section that nobody wrote is a failed check, so a comparison that threw, or a
 * step that was left out, can never end in a proof that is ok.
 */
export function requiredSections(manifest: Manifest, checks: readonly SqlCheck[], crossChecks: readonly CrossCheck[]): Section[] {
  const captured = manifest.sources.filter((source) => source.state === 'captured');
  const objects = captured.flatMap((source) => [
    section('object', source.label),
    ...readBackParts(source).map(({ part }) => ({
      section: readBackSection(source.label, part),
      kind: 'read-back' as const,
      source: source.label,
    })),
    // Behind the bytes: a header that was changed looks like one that is for somebody else.
    ...(isSealed(source) ? [{ section: sectionName('key', source.label), kind: 'archive' as const, source: source.label }] : []),
  ]);
  const restored = captured.flatMap(({ kind, label }) => SECTIONS_OF_KIND[kind].map((check) => section(check, label)));
  const plainSql = captured
    .filter((source) => source.kind === 'database' && hasPlainSql(source))
    .flatMap(({ label }) =>
      OF_PLAIN_SQL.map((kind) => ({
        section: sectionOfCopy('plain-sql', kind, label),
        kind: 'restore' as const,
        source: label,
      })),
    );
  const asked = (kind: 'sql' | 'cross', of: readonly { readonly database: string }[]) =>
    captured
      .filter((source) => source.kind === 'database' && of.some(({ database }) => database === source.name))
      .map(({ label }) => section(kind, label));
  return [...objects, ...restored, ...plainSql, ...asked('sql', checks), ...asked('cross', crossChecks), SIGNATURE];
}

function section(kind: Check['kind'], source: string): Section {
  return { section: sectionName(kind, source), kind, source };
}

/** Chunks `from` (included) to `to` (excluded) of one artifact. */
export interface ReadBackPart {
  readonly part: number;
  readonly pieces: { readonly artifact: number; readonly from: number; readonly to: number }[];
}

/** One call of the read-back agent takes so much: 40 s at the measured 100 MB/s, far from a function's 15 minutes. */
const PART_BYTES = 4 * 1024 ** 3;

export const readBackSection = (label: string, part: number) => `${sectionName('read-back', label)}.${part}`;

/** How the bytes of a source are shared out for reading them back: the same for the plan and for whoever gathers the findings. */
export function readBackParts(source: ManifestSource): ReadBackPart[] {
  const parts: { part: number; bytes: number; pieces: { artifact: number; from: number; to: number }[] }[] = [];
  for (const [artifact, { chunks, chunkBytes }] of source.artifacts.entries()) {
    for (let chunk = 0; chunk < Math.max(1, chunks.length); chunk++) {
      let last = parts.at(-1);
      if (!last || last.bytes + chunkBytes > PART_BYTES) {
        last = { part: parts.length, bytes: 0, pieces: [] };
        parts.push(last);
      }
      const piece = last.pieces.at(-1);
      if (piece?.artifact === artifact) piece.to = chunk + 1;
      else last.pieces.push({ artifact, from: chunk, to: chunk + 1 });
      last.bytes += Math.min(chunkBytes, source.artifacts[artifact]!.bytes);
    }
  }
  return parts.map(({ part, pieces }) => ({ part, pieces }));
}
