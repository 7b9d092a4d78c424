import type { Failure } from '../../../functions/contract/failure.ts';
import type { Lock } from '../../../functions/contract/lock.ts';
import { type Manifest, type ManifestSource, parseManifest, serializeManifest } from '../../../functions/contract/manifest.ts';
import type { Proof } from '../../../functions/contract/proof.ts';
import type { RetentionPolicy } from '../../../functions/contract/retention-plan.ts';
import type { Judgement } from '../../../lib/operator/evidence.ts';
import type { PointFacts } from '../../../lib/operator/point.ts';

export const SUITE = 'sample-suite';
export const ID = '20261123T020000Z';
export const SIGNED: Judgement = { state: 'signed', message: 'is signed' };
export const FORGED: Judgement = { state: 'forged', message: 'is not what was signed' };
export const POLICY: RetentionPolicy = {
  timeZone: 'Etc/UTC',
  days: { daily: 7, weekly: 28, monthly: 372, yearly: null },
  colder: { daily: null, weekly: null, monthly: null, yearly: null },
  minimumProven: 2,
};

export function sampleSource(change: Partial<ManifestSource> = {}): ManifestSource {
  return {
    kind: 'volume',
    name: 'uploads',
    label: 'volume-uploads',
    declared: { kind: 'volume', name: 'uploads', optional: false },
    resolved: 'sample_uploads',
    state: 'captured',
    reason: null,
    artifacts: [
      {
        role: 'archive',
        key: `${SUITE}/artifacts/${ID}/volume-uploads.k3f9.tar.zst`,
        versionId: 'v1',
        bytes: 1200,
        rawBytes: 4000,
        sha256: 'a'.repeat(64),
        chunkBytes: 268435456,
        chunks: ['a'.repeat(64)],
        compression: 'zstd',
        encryption: 'none',
        seconds: 1.5,
      },
    ],
    container: null,
    server: null,
    anomaly: null,
    ...change,
  };
}

export const absentSource = (optional: boolean) =>
  sampleSource({
    name: 'certificates',
    kind: 'files',
    label: 'files-certificates',
    declared: { optional },
    state: 'absent',
    reason: { name: 'NoFileMatches', message: 'nothing matches *.pem' },
    artifacts: [],
  });

export function manifestText(change: Partial<Manifest> = {}): string {
  return serializeManifest({
    schema: 'suite-backup.manifest.v1',
    id: ID,
    suite: SUITE,
    tier: 'daily',
    trigger: 'manual',
    label: 'before the upgrade',
    scheduledFor: null,
    startedAt: '2026-11-23T02:00:00Z',
    finishedAt: '2026-11-23T02:00:09Z',
    host: { instanceId: 'mi-0123456789abcdef0', docker: '27', kernel: 'Linux', tools: {} },
    secretsKeptIn: ['a password manager'],
    previousId: null,
    sources: [sampleSource()],
    warnings: [],
    ...change,
  });
}

export function sampleManifest(change: Partial<Manifest> = {}): Manifest {
  return parseManifest(manifestText(change), { suite: SUITE, id: change.id ?? ID });
}

export function sampleProof(change: Partial<Proof> = {}): Proof {
  return {
    schema: 'suite-backup.proof.v1',
    id: '20261123T020010Z-aaaa',
    point: ID,
    suite: SUITE,
    startedAt: '2026-11-23T02:00:10Z',
    finishedAt: '2026-11-23T02:00:14Z',
    ok: true,
    reason: null,
    restoreSeconds: 2.5,
    server: { version: '15.18', image: 'postgres:15' },
    acceptedAnomaly: null,
    checks: [
      {
        kind: 'files',
        source: 'volume-uploads',
        name: 'tree',
        ok: true,
        severity: 'failure',
        expected: 3,
        actual: 3,
        message: '3 files are equal',
        error: null,
      },
    ],
    ...change,
  };
}

export const failedProof = sampleProof({
  ok: false,
  reason: { name: 'FilesMismatch', message: 'one file differs', source: 'volume-uploads' },
  checks: [
    ...sampleProof().checks,
    {
      kind: 'files',
      source: 'volume-uploads',
      name: 'report.pdf',
      ok: false,
      severity: 'failure',
      expected: { sha256: 'aa' },
      actual: { sha256: 'bb' },
      message: 'report.pdf has other bytes',
      error: 'FilesMismatch',
    },
    {
      kind: 'read-back',
      source: 'volume-uploads',
      name: 'speed',
      ok: false,
      severity: 'warning',
      expected: null,
      actual: null,
      message: 'slow',
      error: null,
    },
  ],
});

export function sampleFailure(change: Partial<Failure> = {}): Failure {
  return {
    schema: 'suite-backup.failure.v1',
    id: ID,
    suite: SUITE,
    workflow: 'backup',
    executionArn: 'arn:aws:states:us-east-1:123456789012:execution:sample-suite-backup-backup:x',
    at: '2026-11-23T02:00:05Z',
    startedAt: '2026-11-23T02:00:00Z',
    name: 'DumpFailed',
    message: 'pg_dump: error: connection lost',
    tier: 'daily',
    trigger: 'schedule',
    label: null,
    scheduledFor: '2026-11-23T02:00:00Z',
    sources: [
      { label: 'database-app', kind: 'database', name: 'app', state: 'failed', reason: { name: 'DumpFailed', message: 'lost' } },
      { label: 'volume-uploads', kind: 'volume', name: 'uploads', state: 'captured', reason: null },
    ],
    ...change,
  };
}

export function sampleLock(change: Partial<Lock> = {}): Lock {
  return {
    schema: 'suite-backup.lock.v1',
    executionArn: 'arn:aws:states:us-east-1:123456789012:execution:sample-suite-backup-backup:x',
    workflow: 'backup',
    since: '2026-11-23T02:00:00Z',
    id: ID,
    restoreId: null,
    cleaner: null,
    request: {
      tier: 'weekly',
      trigger: 'manual',
      label: 'now',
      scheduledFor: null,
      sources: [{ label: 'volume-uploads', kind: 'volume', name: 'uploads' }],
    },
    ...change,
  };
}

/** Facts of a point that is stored and nothing else. */
export function sampleFacts(change: Partial<PointFacts> = {}): PointFacts {
  return {
    id: ID,
    manifest: {
      valid: true,
      judgement: SIGNED,
      manifest: sampleManifest(),
      stored: {},
      storedAt: new Date('2026-11-23T02:00:10Z'),
    },
    lastProof: null,
    failure: null,
    decided: null,
    policy: POLICY,
    readsFrom: 'vault',
    lock: null,
    ...change,
  };
}

export function proofFacts(proof: Proof | null, passed = proof?.ok ?? true): PointFacts['lastProof'] {
  return {
    key: { id: ID, proofId: proof?.id ?? '20261123T020010Z-aaaa', passed },
    proof,
    judgement: proof === null ? FORGED : SIGNED,
  };
}
