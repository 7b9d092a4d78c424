import * as z from 'zod';
import { ENCRYPTIONS } from '../contract/encryption.ts';
import { type ErrorName, isErrorName, NamedError } from '../contract/errors.ts';
import { type CaptureResult, HOST_RESULTS, type InspectResult } from '../contract/host-results.ts';
import { isoSeconds } from '../contract/ids.ts';
import { keys, sourceLabel } from '../contract/keys.ts';
import {
  type Manifest,
  type ManifestSource,
  type Notice,
  notice,
  type StoredArtifact,
  serializeManifest,
  storedBytes,
} from '../contract/manifest.ts';
import { lockedUntil, objectLock } from '../contract/object-lock.ts';
import { backupRequest, captureOutcome, type IncompleteCause, incomplete } from '../contract/requests.ts';
import type { Source } from '../contract/sources.ts';
import { RETENTION_TAG } from '../contract/tiers.ts';
import { optional, required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { headOf } from '../runtime/read-stored.ts';
import { Signing } from '../runtime/signing.ts';
import { Vault } from '../runtime/vault.ts';
import { anomalyOf } from './anomaly.ts';
import { newestProven } from './recovery-points.ts';
import { requireClaim, requireSealed, type Wanted } from './require-sealed.ts';

const input = z.object({
  suite: z.string(),
  id: z.string(),
  startedAt: z.string(),
  previousId: z.string().nullable(),
  request: backupRequest,
  sources: z.custom<Source[]>(Array.isArray),
  captures: z.array(captureOutcome),
  host: HOST_RESULTS['inspect-host'],
  instanceId: z.string(),
  secretsKeptIn: z.array(z.string()),
  shrink: z.object({ share: z.number(), bytes: z.number() }),
  encryption: z.object({ mode: z.enum(ENCRYPTIONS), recipients: z.array(z.string()) }),
  warnings: z.array(notice),
});

/** What does not exist is absent, not broken: an optional source may be so. */
const ABSENT: readonly string[] = [
  'ContainerNotFound',
  'ContainerNotRunning',
  'DatabaseNotFound',
  'VolumeNotFound',
  'PathNotFound',
  'NoFileMatches',
  'SourceEmpty',
] satisfies ErrorName[];

const vault = new Vault(required('BUCKET'));
const signing = new Signing();
const lock = optional('OBJECT_LOCK', objectLock);

/**
 * Makes the recovery point exist: every source was captured whole, every object lies in the vault as the host reported it, then tags, and
 * the manifest last and once. @throws NamedError with every source that is missing.
 */
export const handler = agent(input, async (run) => {
  const reference = await newestProven(vault, signing, run.suite, run.id);
  const judged = await Promise.all(run.sources.map((source) => judge(source, run, reference)));
  const sealed = judged.filter((source): source is ManifestSource => 'artifacts' in source);
  // A point that holds nothing would prove nothing, even if each of its sources may be absent.
  const nothing = judged.length === sealed.length && sealed.every(({ state }) => state === 'absent');
  const failed = nothing ? judged.map(failureOf) : judged.filter((source): source is SourceFailure => !('artifacts' in source));
  if (failed.length > 0) throw notWhole(run.id, failed, run.sources.length);
  const manifest: Omit<Manifest, 'checksum'> = {
    schema: 'suite-backup.manifest.v1',
    id: run.id,
    suite: run.suite,
    ...run.request,
    startedAt: run.startedAt,
    finishedAt: isoSeconds(new Date()),
    host: hostFacts(run.instanceId, run.host),
    secretsKeptIn: run.secretsKeptIn,
    previousId: run.previousId,
    sources: sealed,
    warnings: [...run.warnings, ...noticesOf(run)],
  };
  const tags = { [RETENTION_TAG]: run.request.tier };
  const artifacts = sealed.flatMap((source) => source.artifacts);
  await Promise.all(artifacts.map(({ key, versionId }) => vault.tag(key, versionId, tags)));
  const key = keys.manifest(run.suite, run.id);
  const stored = await vault.putOnce(key, serializeManifest(await signing.sign(manifest)));
  if (!stored) throw new NamedError('CaptureIncomplete', `A manifest of ${run.id} exists already.`);
  await vault.tag(key, stored.versionId, tags);
  if (lock) {
    const until = lockedUntil(new Date(), lock.days[run.request.tier]);
    const objects = [...artifacts, { key, versionId: stored.versionId }];
    await Promise.all(objects.map((object) => vault.lock(object.key, object.versionId, lock.mode, until)));
  }
  await markOtherAttempts(run, artifacts);
  return { id: run.id, bytes: storedBytes(sealed), anomalies: sealed.filter(({ anomaly }) => anomaly).length };
});

/** What an attempt stored before it failed and was repeated belongs to no point: a lifecycle rule takes it. */
async function markOtherAttempts({ suite, id }: z.infer<typeof input>, sealed: readonly StoredArtifact[]): Promise<void> {
  const named = new Set(sealed.map(({ versionId }) => versionId));
  for await (const { key, versionId, isMarker } of vault.listVersions(keys.artifactPrefix(suite, id))) {
    if (!isMarker && !named.has(versionId)) await vault.tag(key, versionId, { [RETENTION_TAG]: 'failed' });
  }
}

type SourceFailure = IncompleteCause['sources'][0];

/** What becomes of one source: sealed, absent because it may be, or failed. */
async function judge(
  source: Source,
  run: z.infer<typeof input>,
  reference: Manifest | undefined,
): Promise<ManifestSource | SourceFailure> {
  const label = sourceLabel(source.kind, source.name);
  const capture = run.captures.find((candidate) => candidate.label === label);
  const error = capture?.error ?? { name: 'CaptureIncomplete', message: `Nothing is known of how ${label} was captured.` };
  const absent = source.optional && ABSENT.includes(error.name);
  if (!capture?.ok && !absent) return { label, ...error };
  try {
    return await sealSource(source, run, reference);
  } catch (problem) {
    // One object that is not there must not hide what else is wrong.
    if (problem instanceof NamedError) return { label, name: problem.name, message: problem.message };
    throw problem;
  }
}

function failureOf(source: ManifestSource | SourceFailure): SourceFailure {
  return 'artifacts' in source ? { label: source.label, ...source.reason! } : source;
}

function notWhole(id: string, failed: SourceFailure[], declared: number): NamedError {
  const { name } = failed[0]!;
  const list = failed.map(({ label, message }) => `${label}: ${message}`).join(' ');
  const message = `${failed.length} of ${declared} sources ${failed.length === 1 ? 'was' : 'were'} not captured whole. ${list}`;
  return incomplete(isErrorName(name) ? name : 'CaptureIncomplete', { id, message: message.slice(0, 1500), sources: failed });
}

async function sealSource(source: Source, run: z.infer<typeof input>, reference: Manifest | undefined): Promise<ManifestSource> {
  const label = sourceLabel(source.kind, source.name);
  const { ok, result, error } = run.captures.find((candidate) => candidate.label === label)!;
  const declared = { ...source } as Record<string, unknown>;
  const base = { kind: source.kind, name: source.name, label, declared };
  if (!ok) {
    return {
      ...base,
      resolved: null,
      state: 'absent',
      reason: error,
      artifacts: [],
      container: null,
      server: null,
      anomaly: null,
    };
  }
  const capture: CaptureResult = HOST_RESULTS['capture-database'].parse(result);
  requireRoles(source, capture.artifacts);
  const stem = `${keys.artifactPrefix(run.suite, run.id)}${label}`;
  const artifacts = await Promise.all(capture.artifacts.map((artifact) => lookUp(artifact, stem, run.encryption)));
  const anomaly = anomalyOf(label, artifacts, reference, run.shrink);
  const { container, server, resolved, labels = null } = capture;
  return { ...base, resolved, labels, state: 'captured', reason: null, artifacts, container, server, anomaly };
}

/** What a capture of each kind must have stored: a database without its fingerprint could never be proven. */
const ROLES: Record<Source['kind'], readonly StoredArtifact['role'][]> = {
  database: ['schema', 'dump', 'fingerprint'],
  globals: ['globals'],
  volume: ['archive', 'inventory'],
  path: ['archive', 'inventory'],
  files: ['archive', 'inventory'],
};

function requireRoles(source: Source, artifacts: CaptureResult['artifacts']): void {
  const asked = source.kind === 'database' && source.plainSql ? (['plain-sql'] as const) : [];
  const missing = [...ROLES[source.kind], ...asked].filter(
    (role) => artifacts.filter((artifact) => artifact.role === role).length !== 1,
  );
  if (missing.length === 0) return;
  throw new NamedError('CaptureIncomplete', `The host reported not exactly one of each: ${missing.join(', ')}.`);
}

/**
 * Only S3 knows the version, and only what S3 has is captured, whatever the host's uploader said. The key must be one that this run gave
 * this source: seal may tag, and a host that names an older point's object would otherwise decide when that expires.
 */
async function lookUp(artifact: CaptureResult['artifacts'][0], stem: string, wanted: Wanted): Promise<StoredArtifact> {
  if (!artifact.key.startsWith(`${stem}.`)) {
    throw new NamedError('CaptureIncomplete', `The host reported ${artifact.key}, which is no key of this source in this run.`);
  }
  if (artifact.chunks.length !== Math.ceil(artifact.bytes / artifact.chunkBytes)) {
    throw new NamedError(
      'CaptureIncomplete',
      `${artifact.key}: the hashes of its pieces do not cover its ${artifact.bytes} bytes.`,
    );
  }
  const head = await vault.head(artifact.key);
  if (!head) throw new NamedError('UploadFailed', `${artifact.key} was reported as stored, but is not in the vault.`);
  if (head.bytes !== artifact.bytes) {
    throw new NamedError(
      'UploadFailed',
      `${artifact.key} has ${head.bytes} bytes in the vault; the host sent ${artifact.bytes}.`,
    );
  }
  const stored = { ...artifact, versionId: head.versionId };
  requireClaim(artifact, wanted);
  // Only what is not in clear costs another request, and the right to it.
  const recipients = wanted.mode === 'none' ? undefined : requireSealed(artifact, await headOf(vault, stored), wanted);
  return recipients ? { ...stored, recipients } : stored;
}

function hostFacts(instanceId: string, { docker, kernel, tools }: InspectResult): Manifest['host'] {
  return { instanceId, docker, kernel, tools };
}

function noticesOf({ sources, captures, host }: z.infer<typeof input>): Notice[] {
  const ofHost = host.warnings.map((warning) => ({ ...warning, source: null }));
  const ofSources = captures.flatMap(({ label, result }) => {
    const source = sources.find((candidate) => sourceLabel(candidate.kind, candidate.name) === label);
    const parsed = HOST_RESULTS['capture-database'].safeParse(result);
    return parsed.success ? parsed.data.warnings.map((warning) => ({ ...warning, source: source?.name ?? label })) : [];
  });
  return [...ofHost, ...ofSources];
}
