import type { Failure } from '../../functions/contract/failure.ts';
import { isoSeconds, timeOf } from '../../functions/contract/ids.ts';
import type { Lock } from '../../functions/contract/lock.ts';
import { type Manifest, storedBytes } from '../../functions/contract/manifest.ts';
import type { Proof } from '../../functions/contract/proof.ts';
import type { ReadFrom } from '../../functions/contract/replica.ts';
import type { Hold, Retained } from '../../functions/contract/retention.ts';
import { leavesAt, type RetentionPolicy } from '../../functions/contract/retention-plan.ts';
import { doubtOf, type FoundManifest, type FoundProof } from './documents.ts';

export type PointState = 'capturing' | 'stored' | 'proven' | 'unproven' | 'failed';

export interface Reason {
  name: string;
  message: string;
  source?: string;
}

/** A recovery point as every verb shows it (DESIGN §9b). Sizes in bytes, durations in seconds; null: not known. */
export interface Point {
  id: string;
  state: PointState;
  restorable: boolean;
  reason: Reason | null;
  tier: string | null;
  trigger: string | null;
  label: string | null;
  scheduledFor: string | null;
  startedAt: string;
  finishedAt: string | null;
  bytes: number;
  sources: { declared: number; captured: number; absent: number; failed: number };
  lastProof: { id: string; at: string; ok: boolean; restoreSeconds: number } | null;
  /** How long it stays: `tier` is the longest it qualifies for, `expiresAt` null when nothing lets it go. Null: it was never stored. */
  retention: { hold: Hold; tier: string; expiresAt: string | null } | null;
}

/** Everything the vault and the workflow engine know about one id. */
export interface PointFacts {
  id: string;
  manifest: FoundManifest | null;
  lastProof: FoundProof | null;
  failure: Failure | null;
  /** The lock, when it is this id that it was taken for, and whether its holder still runs. */
  lock: { lock: Lock; running: boolean } | null;
  /** The newest decision about how long it stays. */
  decided: Retained | null;
  policy: RetentionPolicy;
  readsFrom: ReadFrom;
}

/**
 * One point from its facts. The rule for `restorable` is the first promise of DESIGN §1: every declared source was captured whole (or
 * is optional and absent), nothing says otherwise since, and its time has not come.
 */
export function pointOf(facts: PointFacts, now: Date): Point {
  const { manifest } = facts;
  if (manifest === null) return withoutManifest(facts);
  if (!manifest.valid) {
    return {
      ...blank(facts.id),
      state: 'unproven',
      reason: { name: 'ManifestInvalid', message: manifest.message },
      lastProof: lastProofOf(facts),
    };
  }
  const stored = fromManifest(manifest.manifest);
  const incomplete = incompleteSource(manifest.manifest);
  const doubt = doubtAbout(facts);
  const verdict = verdictOf(facts, doubt);
  const how = facts.decided ?? { hold: 'tier', tier: manifest.manifest.tier };
  const expiresAt = leavesAt(manifest, how, facts.policy);
  const expired = expiryReason(facts, expiresAt, now);
  return {
    ...stored,
    state: incomplete === null ? verdict.state : 'unproven',
    restorable: incomplete === null && verdict.state !== 'unproven' && doubt === null && expired === null,
    reason: incomplete ?? verdict.reason ?? expired,
    lastProof: lastProofOf(facts),
    retention: { hold: how.hold, tier: how.tier, expiresAt: expiresAt && isoSeconds(expiresAt) },
  };
}

function withoutManifest({ id, failure, lock }: PointFacts): Point {
  if (failure !== null) return fromFailure(id, failure);
  if (lock === null)
    return {
      ...blank(id),
      state: 'failed',
      reason: { name: 'Unexpected', message: 'The record of this failure cannot be read.' },
    };
  const request = lock.lock.request;
  const point: Point = {
    ...blank(id),
    tier: request?.tier ?? null,
    trigger: request?.trigger ?? null,
    label: request?.label ?? null,
    scheduledFor: request?.scheduledFor ?? null,
    sources: { declared: request?.sources.length ?? 0, captured: 0, absent: 0, failed: 0 },
  };
  if (lock.running) return { ...point, state: 'capturing' };
  return { ...point, reason: { name: 'Aborted', message: 'The run that made this point ended before it was stored.' } };
}

function fromFailure(id: string, failure: Failure): Point {
  const failed = failure.sources.filter((source) => source.state === 'failed');
  return {
    ...blank(id),
    reason: { name: failure.name, message: failure.message, ...(failed.length === 1 && { source: failed[0]!.name }) },
    tier: failure.tier,
    trigger: failure.trigger,
    label: failure.label,
    scheduledFor: failure.scheduledFor,
    startedAt: failure.startedAt,
    finishedAt: failure.at,
    sources: {
      declared: failure.sources.length,
      captured: failure.sources.filter((source) => source.state === 'captured').length,
      absent: failure.sources.filter((source) => source.state === 'absent').length,
      failed: failed.length,
    },
  };
}

function fromManifest(manifest: Manifest): Point {
  const captured = manifest.sources.filter((source) => source.state === 'captured').length;
  return {
    ...blank(manifest.id),
    tier: manifest.tier,
    trigger: manifest.trigger,
    label: manifest.label,
    scheduledFor: manifest.scheduledFor,
    startedAt: manifest.startedAt,
    finishedAt: manifest.finishedAt,
    bytes: storedBytes(manifest.sources),
    sources: { declared: manifest.sources.length, captured, absent: manifest.sources.length - captured, failed: 0 },
  };
}

/** Why the manifest or the newest proof is not believed; null when both are what was signed. */
function doubtAbout({ id, manifest, lastProof }: PointFacts): Reason | null {
  const ofManifest = manifest && doubtOf(`manifest of ${id}`, manifest.judgement);
  return ofManifest ?? (lastProof && doubtOf(`newest proof of ${id}`, lastProof.judgement));
}

/**
 * What the newest proof says, if it and the manifest are what was signed; before the first one the point is stored, and a run that died since is
 * told as its reason. What a proof that is believed found tells more than that the manifest is not.
 */
function verdictOf({ lastProof, failure }: PointFacts, doubt: Reason | null): { state: PointState; reason: Reason | null } {
  const proof = lastProof?.judgement.state === 'signed' ? lastProof.proof : null;
  if (proof !== null && !proof.ok) return { state: 'unproven', reason: reasonOf(proof) };
  // What could not be checked is neither proven nor disproven.
  if (doubt !== null) return { state: doubt.name === 'SignatureInvalid' ? 'unproven' : 'stored', reason: doubt };
  if (proof !== null) return { state: 'proven', reason: null };
  return { state: 'stored', reason: failure && { name: failure.name, message: failure.message } };
}

function reasonOf(proof: Proof): Reason {
  if (proof.reason === null) return { name: 'VerificationFailed', message: 'A check of the proof failed.' };
  const { name, message, source } = proof.reason;
  return { name, message, ...(source !== null && { source }) };
}

/** Seal never writes such a manifest; a point that has one all the same must not be offered for a restore. */
function incompleteSource(manifest: Manifest): Reason | null {
  const missing = manifest.sources.find((source) =>
    source.state === 'captured' ? source.artifacts.length === 0 : source.declared.optional !== true,
  );
  if (manifest.sources.length === 0) return { name: 'CaptureIncomplete', message: 'The manifest names no source.' };
  if (missing === undefined) return null;
  return {
    name: 'CaptureIncomplete',
    message: `Source ${missing.label} is required and was not captured.`,
    source: missing.name,
  };
}

function expiryReason({ decided, readsFrom }: PointFacts, expiresAt: Date | null, now: Date): Reason | null {
  // What is given up in the vault stays in the replica.
  if (decided?.hold === 'pruned' && readsFrom === 'replica') return null;
  if (decided?.hold === 'pruned') return { name: 'Expired', message: 'It was given up by an operator; its objects are going.' };
  if (expiresAt === null || expiresAt > now) return null;
  return { name: 'Expired', message: `Its retention ended on ${isoSeconds(expiresAt)}.` };
}

function lastProofOf({ lastProof }: PointFacts): Point['lastProof'] {
  if (lastProof === null) return null;
  const { key, proof, judgement } = lastProof;
  return {
    id: key.proofId,
    at: proof?.finishedAt ?? isoSeconds(timeOf(key.id)),
    ok: judgement.state === 'signed' && proof !== null && proof.ok,
    restoreSeconds: proof?.restoreSeconds ?? 0,
  };
}

function blank(id: string): Point {
  return {
    id,
    state: 'failed',
    restorable: false,
    reason: null,
    tier: null,
    trigger: null,
    label: null,
    scheduledFor: null,
    startedAt: isoSeconds(timeOf(id)),
    finishedAt: null,
    bytes: 0,
    sources: { declared: 0, captured: 0, absent: 0, failed: 0 },
    lastProof: null,
    retention: null,
  };
}
