import { z } from 'zod';
import { type ErrorName, isErrorName, NamedError } from '../contract/errors.ts';
import { type CaptureResult, HOST_RESULTS, type InspectResult } from '../contract/host-results.ts';
import { isoSeconds } from '../contract/ids.ts';
import { keys, sourceLabel } from '../contract/keys.ts';
import { type Manifest, type ManifestSource, notice, type Notice, serializeManifest, type StoredArtifact, storedBytes } from '../contract/manifest.ts';
import { backupRequest, type CaptureOutcome, captureOutcome, incomplete } from '../contract/requests.ts';
import type { Source } from '../contract/sources.ts';
import { RETENTION_TAG } from '../contract/tiers.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { anomalyOf } from './anomaly.ts';
import { newestProven } from './recovery-points.ts';

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

/**
 * Makes the recovery point exist: every source was captured whole, every object lies in the vault as the host reported it, then tags, and
 * the manifest last and once. @throws NamedError with every source that is missing.
 */
export const handler = agent(input, async (run) => {
  requireWhole(run.id, run.sources, run.captures);
  const reference = await newestProven(vault, run.suite, run.id);
  const sealed = await Promise.all(run.sources.map((source) => sealSource(source, run, reference)));
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
  const stored = await vault.putOnce(key, serializeManifest(manifest));
  if (!stored) throw new NamedError('CaptureIncomplete', `A manifest of ${run.id} exists already.`);
  await vault.tag(key, stored.versionId, tags);
  return { id: run.id, bytes: storedBytes(sealed), anomalies: sealed.filter(({ anomaly }) => anomaly).length };
});

function requireWhole(id: string, sources: readonly Source[], captures: readonly CaptureOutcome[]): void {
  const failed = sources.flatMap((source) => {
    const label = sourceLabel(source.kind, source.name);
    const capture = captures.find((candidate) => candidate.label === label);
    if (capture?.ok) return [];
    const error = capture?.error ?? { name: 'CaptureIncomplete', message: `Nothing is known of how ${label} was captured.` };
    return source.optional && ABSENT.includes(error.name) ? [] : [{ label, ...error }];
  });
  if (failed.length === 0) return;
  const [{ name }] = failed as [(typeof failed)[0]];
  const list = failed.map(({ label, message }) => `${label}: ${message}`).join(' ');
  throw incomplete(isErrorName(name) ? name : 'CaptureIncomplete', {
    id,
    message: `${failed.length} of ${sources.length} sources ${failed.length === 1 ? 'was' : 'were'} not captured whole. ${list}`.slice(0, 1500),
    sources: failed,
  });
}

async function sealSource(source: Source, run: z.infer<typeof input>, reference: Manifest | undefined): Promise<ManifestSource> {
  const label = sourceLabel(source.kind, source.name);
  const { ok, result, error } = run.captures.find((candidate) => candidate.label === label)!;
  const declared = { ...source } as Record<string, unknown>;
  const base = { kind: source.kind, name: source.name, label, declared };
  if (!ok) {
    return { ...base, resolved: null, state: 'absent', reason: error, artifacts: [], container: null, server: null, anomaly: null };
  }
  const capture: CaptureResult = HOST_RESULTS['capture-database'].parse(result);
  const artifacts = await Promise.all(capture.artifacts.map((artifact) => lookUp(label, artifact)));
  const anomaly = anomalyOf(label, artifacts, reference, run.shrink);
  const { container, server, resolved } = capture;
  return { ...base, resolved, state: 'captured', reason: null, artifacts, container, server, anomaly };
}

/** Only S3 knows the version, and only what S3 has is captured, whatever the host's uploader said. */
async function lookUp(label: string, artifact: CaptureResult['artifacts'][0]): Promise<StoredArtifact> {
  const head = await vault.head(artifact.key);
  if (!head) throw new NamedError('UploadFailed', `${label}: ${artifact.key} was reported as stored, but is not in the vault.`);
  if (head.bytes !== artifact.bytes) {
    throw new NamedError('UploadFailed', `${label}: ${artifact.key} has ${head.bytes} bytes in the vault; the host sent ${artifact.bytes}.`);
  }
  return { ...artifact, versionId: head.versionId };
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
