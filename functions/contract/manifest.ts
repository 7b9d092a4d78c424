import { createHash } from 'node:crypto';
import * as z from 'zod';
import { sealedFormatOf } from './encryption.ts';
import { NamedError } from './errors.ts';
import { containerFacts, serverFacts, uploadedObject } from './host-results.ts';
import { ID_PATTERN } from './ids.ts';
import { signatureSchema } from './signature.ts';
import { SOURCE_KINDS } from './sources.ts';
import { TIERS, TRIGGERS } from './tiers.ts';

/** The manifest makes a recovery point exist: written last, once. It outlives the code that wrote it, hence the schema version. */

const reason = z.object({ name: z.string(), message: z.string() });
export const notice = z.object({ name: z.string(), source: z.string().nullable(), message: z.string() });
export type Notice = z.infer<typeof notice>;

export const storedArtifact = uploadedObject.extend({
  versionId: z.string().min(1),
  /** Whom it is encrypted to, with a public key: age recipients, key ids of PGP. */
  recipients: z.array(z.string()).optional(),
});
export type StoredArtifact = z.infer<typeof storedArtifact>;

const manifestSource = z.object({
  kind: z.enum(SOURCE_KINDS),
  name: z.string(),
  label: z.string(),
  /** The declaration in the suite file at that time, so that a restore needs nothing but the vault. */
  declared: z.record(z.string(), z.unknown()),
  resolved: z.string().nullable(),
  /** Of a volume; points of earlier versions do not tell them. */
  labels: z.record(z.string(), z.string()).nullish(),
  state: z.enum(['captured', 'absent']),
  reason: reason.nullable(),
  artifacts: z.array(storedArtifact),
  container: containerFacts.nullable(),
  server: serverFacts.nullable(),
  /** Set when the source shrank against the last proven point: the point is verified all the same, but ends unproven. */
  anomaly: z.object({ previousId: z.string(), previousBytes: z.number(), bytes: z.number() }).nullable(),
});
export type ManifestSource = z.infer<typeof manifestSource>;

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

export const manifestSchema = z.strictObject({
  schema: z.literal('suite-backup.manifest.v1'),
  id: z.string().regex(ID_PATTERN),
  suite: z.string(),
  tier: z.enum(TIERS),
  trigger: z.enum(TRIGGERS),
  label: z.string().nullable(),
  scheduledFor: time.nullable(),
  startedAt: time,
  finishedAt: time,
  host: z.object({ instanceId: z.string(), docker: z.string(), kernel: z.string(), tools: z.record(z.string(), z.string()) }),
  secretsKeptIn: z.array(z.string()),
  previousId: z.string().regex(ID_PATTERN).nullable(),
  sources: z.array(manifestSource),
  warnings: z.array(notice),
  signature: signatureSchema.nullish(),
  /** sha256 of the manifest's JSON with this field empty. */
  checksum: z.string(),
});
export type Manifest = z.infer<typeof manifestSchema>;

function checksumOf(manifest: Omit<Manifest, 'checksum'>): string {
  return createHash('sha256')
    .update(JSON.stringify({ ...manifest, checksum: '' }))
    .digest('hex');
}

/** The text to store. Key order is that of the object given, and the checksum covers it: readers must parse with `parseManifest`. */
export function serializeManifest(manifest: Omit<Manifest, 'checksum'>): string {
  return `${JSON.stringify({ ...manifest, checksum: checksumOf(manifest) }, null, 1)}\n`;
}

/** @throws NamedError ManifestInvalid: not JSON, not the schema, another id or suite than its key says, or a wrong checksum. */
export function parseManifest(text: string, expected: { suite: string; id: string }): Manifest {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new NamedError('ManifestInvalid', `The manifest of ${expected.id} is not JSON.`);
  }
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) {
    throw new NamedError(
      'ManifestInvalid',
      `The manifest of ${expected.id} does not fit its schema: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { id, suite, checksum } = parsed.data;
  if (id !== expected.id || suite !== expected.suite) {
    throw new NamedError(
      'ManifestInvalid',
      `The manifest stored for ${expected.suite} ${expected.id} says it is ${suite} ${id}.`,
    );
  }
  const actual = checksumOf(raw as Manifest);
  if (actual !== checksum) {
    throw new NamedError('ManifestInvalid', `The manifest of ${id} was changed: its checksum is ${actual}, it says ${checksum}.`);
  }
  return parsed.data;
}

/** Stored bytes of a point or source. */
export function storedBytes(sources: readonly ManifestSource[]): number {
  return sources.flatMap((source) => source.artifacts).reduce((sum, artifact) => sum + artifact.bytes, 0);
}

/** Whether anything of it is encrypted, whatever the suite file says today. */
export function isSealed({ artifacts }: Pick<ManifestSource, 'artifacts'>): boolean {
  return artifacts.some(({ key }) => sealedFormatOf(key) !== null);
}

/** Whether plain SQL was asked for, or is there: either way it must be proven. */
export function hasPlainSql({ declared, artifacts }: Pick<ManifestSource, 'declared' | 'artifacts'>): boolean {
  return declared.plainSql === true || artifacts.some(({ role }) => role === 'plain-sql');
}

export function artifactOf(source: ManifestSource, role: StoredArtifact['role']): StoredArtifact {
  const found = source.artifacts.find((artifact) => artifact.role === role);
  if (!found) throw new NamedError('ManifestInvalid', `Source ${source.label} has no ${role} in its manifest.`);
  return found;
}
