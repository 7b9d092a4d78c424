import * as z from 'zod';
import { ENCRYPTIONS } from './encryption.ts';

/** What each host document says on stdout: one JSON line. A document that is not listed here cannot be sent. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();
const warning = z.object({ name: z.string(), message: z.string() });

/** An object the host put into the vault. `chunks`: sha256 of every `chunkBytes` piece, so that the read-back can work in parallel. */
export const uploadedObject = z.object({
  role: z.enum([
    'dump',
    'fingerprint',
    'schema',
    'globals',
    'archive',
    'inventory',
    'expected-schema',
    'plain-sql',
    'references',
  ]),
  key: z.string().min(1),
  bytes,
  rawBytes: bytes.nullable(),
  sha256,
  chunkBytes: z.number().int().positive(),
  chunks: z.array(sha256),
  compression: z.enum(['zstd', 'gzip', 'none']),
  encryption: z.enum(ENCRYPTIONS),
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
  /** Of a volume. */
  labels: z.record(z.string(), z.string()).nullish(),
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
const loaded = z.object({ seconds: z.number().nonnegative(), sha256, bytes, artifacts: z.array(uploadedObject).min(1) });

const text = z.string();
/** `key` names its folder on the host, `publicKey` is DER in base64. */
const keyMade = z.object({ key: text, publicKey: text });

// Restore: databases
const inspectedDatabase = z.object({
  /** Null when there is no such container. */
  container: z.object({ name: text, running: z.boolean() }).nullable(),
  /** Null when its server could not be asked. */
  server: z.object({ version: text, versionNumber: z.number().int() }).nullable(),
  superuser: z.boolean(),
  exists: z.boolean(),
  bytes,
  freeBytes: bytes.nullable(),
  databases: z.array(text),
  schemas: z.array(text),
  connections: bytes,
  preparedTransactions: bytes,
  slots: bytes,
  subscriptions: bytes,
  eventTriggers: bytes,
  clientZstd: z.boolean(),
  /** Why nobody can look into a database that is there; null when it was looked into, or is not there. */
  unreadable: text.nullable(),
  tables: z.array(
    z.object({
      /** As typed. */
      name: text,
      exists: z.boolean(),
      columns: z.array(z.object({ name: text, type: text })),
      referencedBy: z.array(text),
    }),
  ),
});
export type InspectedDatabase = z.infer<typeof inspectedDatabase>;
const seconds = z.number().nonnegative();
const writes = z.array(z.object({ table: text, writes: bytes }));
const inspectedRoles = z.object({ missing: z.array(text), differing: z.array(text) });
const createdRoles = z.object({ created: z.array(text), differing: z.array(text), sha256, bytes });
const restoredBeside = z.object({
  sha256,
  bytes,
  seconds,
  /** Of the new database: tells it from another that has its name. */
  oid: z.string().regex(/^\d+$/),
  /** Of the database that it will replace; 0: there is none. */
  old: z.string().regex(/^\d+$/),
  /** Baseline for what is written to it later. */
  writes,
  /** They came along switched off: a copy that replicates as well would take what is the original's. */
  subscriptions: z.array(text),
});
const swappedDatabase = z.object({
  swapped: z.boolean(),
  previous: text.nullable(),
  /** What a restored database is called that was written to before it was taken back. */
  undone: text.nullable(),
  seconds,
});
const countedWrites = z.object({ rows: bytes, tables: writes });
const droppedDatabase = z.object({ dropped: z.boolean() });
const restoredTables = z.object({
  tables: z.array(z.object({ name: text, rows: bytes })),
  schema: text.nullable(),
  /** Baseline for count-writes; null when nothing of the tables themselves was changed. */
  writes: writes.nullable(),
  sha256,
  bytes,
  seconds,
});
const returnedTables = z.object({ tables: z.array(z.object({ name: text, rows: bytes })) });

// Restore: trees of files
const inspectedTree = z.object({
  target: text.nullable(),
  exists: z.boolean(),
  /** It, or what stands where a folder above it would have to be, is no folder. */
  isFile: z.boolean(),
  /** It holds no entry at all; also when it is not there. */
  empty: z.boolean(),
  files: bytes,
  bytes,
  newer: bytes,
  freeBytes: bytes.nullable(),
  container: z.object({ name: text, running: z.boolean() }).nullable(),
  writable: z.boolean(),
});
export type InspectedTree = z.infer<typeof inspectedTree>;
const treeBeside = z.object({ stage: text, entries: bytes, bytes, sha256, storedBytes: bytes, seconds });
const swappedTree = z.object({
  swapped: z.boolean(),
  /** Files of the old that lie aside, and those of them that are newer than the point. */
  kept: bytes,
  newer: bytes,
  /** The folder that holds the old, or what was put behind the names of old files; empty after a way back. */
  previous: text,
  /** Where what was written since the swap is kept after a way back. */
  undone: text.nullable(),
  seconds,
});
const diffedConfig = z.object({
  files: z.array(z.object({ name: text, state: z.enum(['same', 'changed', 'missing', 'new']), diff: z.array(text) })),
  /** So many more differ than one answer can name; those that are the same are left out before any of these is. */
  unnamed: bytes,
});

// Restore: writers
const foundWriters = z.object({
  writers: z.array(z.object({ name: text, container: text, running: z.boolean() })),
  missing: z.array(text),
});

/** Documents by name: `functions/<capability>/<name>.sh`. */
export const HOST_RESULTS = {
  'inspect-host': inspected,
  'capture-database': captured,
  'capture-globals': captured,
  'capture-volume': captured,
  'capture-path': captured,
  'capture-files': captured,
  'remove-scratch': removed,
  'make-key': keyMade,
  'remove-key': removed,
  'start-scratch': scratchStarted,
  'restore-roles': uploaded,
  'list-archive': listed,
  'restore-database': restored,
  'describe-schema': uploaded,
  'fingerprint-scratch': uploaded,
  'load-plain-sql': loaded,
  'list-references': uploaded,
  'inspect-database': inspectedDatabase,
  'inspect-roles': inspectedRoles,
  'create-roles': createdRoles,
  'restore-database-beside': restoredBeside,
  'fingerprint-database': uploaded,
  'swap-database': swappedDatabase,
  'count-writes': countedWrites,
  'drop-database': droppedDatabase,
  'restore-tables': restoredTables,
  'return-tables': returnedTables,
  'inspect-tree': inspectedTree,
  'restore-tree-beside': treeBeside,
  'list-tree': uploaded,
  'swap-tree': swappedTree,
  'forget-tree': removed,
  'diff-config': diffedConfig,
  'find-writers': foundWriters,
  'stop-writers': z.object({ stopped: z.array(text) }),
  'start-writers': z.object({ started: z.array(text) }),
  'make-containers': z.object({ containers: z.array(text), seconds }),
} as const;

export type HostDocument = keyof typeof HOST_RESULTS;

/** A document that ends with an exit status of the error table says why in the same place. */
export const hostFailure = z.object({ error: z.object({ name: z.string(), message: z.string() }) });
