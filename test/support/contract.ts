/** What the command answers with --json, as outsiders know it (DESIGN §9b): written down here once more, not taken from the code under test. */

export interface Reason {
  name: string;
  message: string;
  source?: string;
}

export interface Point {
  id: string;
  state: 'capturing' | 'stored' | 'proven' | 'unproven' | 'failed';
  restorable: boolean;
  reason: Reason | null;
  tier: string;
  trigger: 'manual' | 'schedule' | 'deploy';
  label: string | null;
  scheduledFor: string | null;
  startedAt: string;
  finishedAt: string | null;
  bytes: number;
  sources: { declared: number; captured: number; absent: number; failed: number };
  lastProof: null | { id: string; at: string; ok: boolean; restoreSeconds: number };
  retention: null | { hold: 'tier' | 'floor' | 'kept' | 'pruned' | 'damaged'; tier: string; expiresAt: string | null };
}

export interface PlannedPoint {
  id: string;
  proven: boolean;
  hold: 'tier' | 'floor' | 'kept' | 'pruned' | 'damaged';
  tier: string;
  leavesAt: string | null;
  why: string;
  otherwise: string | null;
  charged: { storageClass: string; days: number } | null;
}

export interface Check {
  kind:
    | 'object'
    | 'read-back'
    | 'archive'
    | 'restore'
    | 'table'
    | 'sequence'
    | 'large-objects'
    | 'schema'
    | 'files'
    | 'sql'
    | 'cross'
    | 'signature';
  source: string;
  name: string;
  ok: boolean;
  severity: 'failure' | 'warning';
  expected: unknown;
  actual: unknown;
  message: string;
}

export interface Proof {
  id: string;
  startedAt: string;
  finishedAt: string;
  ok: boolean;
  readFrom?: 'vault' | 'replica';
  restoreSeconds: number;
  server: { version: string; image: string };
  checks: Check[];
}

export interface Artifact {
  source: string;
  kind: 'database' | 'globals' | 'volume' | 'path' | 'files';
  state: 'captured' | 'absent' | 'failed';
  reason: Reason | null;
  key: string | null;
  versionId: string | null;
  bytes: number | null;
  rawBytes: number | null;
  sha256: string | null;
  compression: string | null;
  encryption: string | null;
  recipients: string[] | null;
  seconds: number | null;
  file?: string;
}

export interface Signatures {
  publicKey: { arn: string; pem: string; sha256: string } | null;
  documents: {
    kind: 'manifest' | 'proof';
    key: string;
    state: 'signed' | 'unsigned' | 'forged' | 'unchecked';
    message: string;
  }[];
}

export interface AssessedSource {
  source: string;
  kind: string;
  state: 'present' | 'missing' | 'empty' | 'differs';
  message: string;
  tables?: { name: string; state: string; message: string }[];
  files?: { missing: number; different: number; extra: number; named: string[] };
}

export interface RestorePlan {
  restoreId: string;
  point: string;
  mode: string;
  state: string;
  assessment: AssessedSource[] | null;
  makes: { project: string; directory: string; files: string[]; services: string[]; containers: string[]; servers: string[] }[];
  items: {
    item: string;
    kind: string;
    source: string;
    label: string;
    what: string;
    target: string;
    bytes: number;
    rawBytes: number;
    freeBytes: number | null;
    needBytes: number;
    exists: boolean;
    previous: string | null;
    newer: number | null;
    diff: null | { name: string; state: string; diff: string[] }[];
    warnings: { name: string; message: string }[];
  }[];
  writers: { name: string; container: string; running: boolean }[];
  stopsWriters: boolean;
  etaSeconds: number | null;
  etaFrom: string;
  safetyPoint: boolean;
  thaw: { storageClass: string; objects: number; bytes: number; hours: { least: number; most: number } }[];
  problems: { path: string; value: string; message: string }[];
  warnings: { name: string; message: string }[];
}

interface Common {
  schema: string;
  suite: string;
  ok: boolean;
  exitCode: number;
  error: null | { name: string; message: string; hint: string; problems: { path: string; value: unknown; message: string }[] };
}

/** The document of each verb. */
export interface Documents {
  backup: Common & {
    outcome: 'proven' | 'unproven' | 'failed' | 'locked' | 'already-done';
    point: Point | null;
    executionArn: string | null;
    warnings: { name: string; source: string | null; message: string }[];
  };
  list: Common & { points: Point[]; older: number };
  show: Common & {
    point: Point;
    manifest: object | null;
    secretsKeptIn: string[];
    proofs: Proof[];
    artifacts: Artifact[];
    signatures: Signatures | null;
  };
  verify: Common & { point: Point | null; proof: Proof | null };
  restore: Common & {
    restoreId: string | null;
    plan: RestorePlan | null;
    outcome: 'planned' | 'restored' | 'put-back' | 'undone' | 'forgotten' | 'refused' | 'failed' | 'locked';
    steps: { item: string; source: string; kind: string; state: string; seconds: number }[];
    previous: { source: string; kind: string; was: string; now: string }[];
    seconds: number;
    executionArn: string | null;
    safetyPoint: string | null;
    made: string[];
    warnings: { name: string; message: string }[];
  };
  keep: Common & { outcome: 'changed' | 'refused' | 'locked' | 'failed'; point: Point | null; executionArn: string | null };
  unkeep: Common & { outcome: 'changed' | 'refused' | 'locked' | 'failed'; point: Point | null; executionArn: string | null };
  prune: Common & {
    outcome: 'planned' | 'pruned' | 'refused' | 'locked' | 'failed';
    plan: PlannedPoint[];
    givesUp: PlannedPoint[];
    executionArn: string | null;
  };
  'put-key': Common & { secret: string | null; versionId: string | null };
  assess: Common & {
    point: Point | null;
    sources: AssessedSource[];
  };
  status: Common & {
    newest: Point | null;
    newestProven: Point | null;
    lastFailure: null | { id: string; at: string; name: string; message: string };
    running: { workflow: string; executionArn: string; step: string; startedAt: string }[];
    lock: null | { executionArn: string; since: string };
    schedules: { name: string; expression: string; timeZone: string; nextAt: string }[];
    restores: { restoreId: string; point: string; mode: string; at: string; outcome: string; keepsOld: boolean }[];
    replica: null | {
      bucket: string;
      region: string;
      newestProven: string | null;
      lag: { objects: number; points: string[]; since: string | null };
      lastLook: null | {
        at: string;
        points: { id: string; state: string; objects: number; lacking: number; first: string | null }[];
      };
      error: null | { name: string; message: string };
    };
    overdue: null | { schedule: string; dueAt: string };
  };
  local: Common & { schedules: { name: string }[] };
}

export type Verb = keyof Documents;
