import * as z from 'zod';

/** What each host document says on stdout: one JSON line. A document that is not listed here cannot be sent. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();
const warning = z.object({ name: z.string(), message: z.string() });

/** An object the host put into the vault. `chunks`: sha256 of every `chunkBytes` piece, so that the read-back can work in parallel. */
export const uploadedObject = z.object({
  role: z.enum(['dump', 'fingerprint', 'schema', 'globals', 'archive', 'inventory', 'expected-schema']),
  key: z.string().min(1),
  bytes,
  rawBytes: bytes.nullable(),
  sha256,
  chunkBytes: z.number().int().positive(),
  chunks: z.array(sha256),
  compression: z.enum(['zstd', 'none']),
  encryption: z.enum(['none']),
  seconds: z.number().nonnegative(),
});
export type UploadedObject = z.infer<typeof uploadedObject>;

/** The container and image a source was read through. */
export const containerFacts = z.object({
  name: z.string(),
  id: z.string(),
  image: z.string(),
  imageId: z.string(),
  imageDigests: z.array(z.string()).nullable(),
  labels: z.record(z.string(), z.string()).nullable(),
});
export type ContainerFacts = z.infer<typeof containerFacts>;

export const serverFacts = z.object({
  version: z.string(),
  versionNumber: z.number().int(),
  clientVersion: z.string(),
  bootstrapUser: z.string(),
  sharedPreloadLibraries: z.string(),
  encoding: z.string(),
});
export type ServerFacts = z.infer<typeof serverFacts>;

const captured = z.object({
  artifacts: z.array(uploadedObject).min(1),
  container: containerFacts.nullable(),
  server: serverFacts.nullable(),
  /** What the declared name turned out to be on this host (volume name, path on the host). */
  resolved: z.string().nullable(),
  warnings: z.array(warning),
});
export type CaptureResult = z.infer<typeof captured>;

const inspected = z.object({
  docker: z.string(),
  tools: z.record(z.string(), z.string()),
  kernel: z.string(),
  warnings: z.array(warning),
});
export type InspectResult = z.infer<typeof inspected>;

const removed = z.object({ removed: z.number().int().nonnegative() });

const scratchStarted = z.object({
  container: z.string(),
  version: z.string(),
  image: z.string(),
  /** Where the compare agent finds address, one-time password and certificate; null when the scratch has no network. */
  accessKey: z.string().nullable(),
});
export type ScratchStarted = z.infer<typeof scratchStarted>;

const listed = z.object({ entries: bytes, tableData: bytes });
const restored = z.object({ restoreSeconds: z.number().nonnegative(), sha256, bytes });
const uploaded = z.object({ artifacts: z.array(uploadedObject).min(1) });

/** Documents by name: `functions/<capability>/<name>.sh`. */
export const HOST_RESULTS = {
  'inspect-host': inspected,
  'capture-database': captured,
  'capture-globals': captured,
  'capture-volume': captured,
  'capture-path': captured,
  'capture-files': captured,
  'remove-scratch': removed,
  'start-scratch': scratchStarted,
  'restore-roles': uploaded,
  'list-archive': listed,
  'restore-database': restored,
  'describe-schema': uploaded,
  'fingerprint-scratch': uploaded,
} as const;

export type HostDocument = keyof typeof HOST_RESULTS;

/** A document that ends with an exit status of the error table says why in the same place. */
export const hostFailure = z.object({ error: z.object({ name: z.string(), message: z.string() }) });
