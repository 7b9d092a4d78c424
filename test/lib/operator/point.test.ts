import { expect, test } from 'vitest';
import { policyOf, type StackFacts } from '../../../lib/operator/connection.ts';
import { pointOf } from '../../../lib/operator/point.ts';
import {
  absentSource,
  FORGED,
  failedProof,
  POLICY,
  proofFacts,
  SIGNED,
  sampleFacts,
  sampleFailure,
  sampleLock,
  sampleManifest,
  sampleProof,
  sampleSource,
} from './samples.ts';

const NOW = new Date('2026-11-24T00:00:00Z');
const point = (change: Parameters<typeof sampleFacts>[0] = {}) => pointOf(sampleFacts(change), NOW);
const withSources = (
  ...sources: Parameters<typeof sampleManifest>[0] extends infer M
    ? NonNullable<M extends { sources?: infer S } ? S : never>
    : never
) =>
  point({
    manifest: { valid: true, judgement: SIGNED, manifest: sampleManifest({ sources }), stored: {}, storedAt: NOW },
    lastProof: proofFacts(sampleProof()),
  });

test('a point with a manifest and no proof is stored and restorable', () => {
  expect(point()).toMatchObject({
    state: 'stored',
    restorable: true,
    reason: null,
    tier: 'daily',
    label: 'before the upgrade',
    finishedAt: '2026-11-23T02:00:09Z',
    bytes: 1200,
    sources: { declared: 1, captured: 1, absent: 0, failed: 0 },
    lastProof: null,
  });
});

test('a passed proof makes a point proven', () => {
  expect(point({ lastProof: proofFacts(sampleProof()) })).toMatchObject({
    state: 'proven',
    restorable: true,
    lastProof: { id: '20261123T020010Z-aaaa', at: '2026-11-23T02:00:14Z', ok: true, restoreSeconds: 2.5 },
  });
});

test('a failed proof makes a point unproven, with the reason and without a restore', () => {
  expect(point({ lastProof: proofFacts(failedProof) })).toMatchObject({
    state: 'unproven',
    restorable: false,
    reason: { name: 'FilesMismatch', message: 'one file differs', source: 'volume-uploads' },
    lastProof: { ok: false },
  });
});

test('a passed proof that cannot be read proves nothing', () => {
  expect(point({ lastProof: proofFacts(null, true) })).toMatchObject({
    state: 'unproven',
    restorable: false,
    lastProof: { ok: false },
  });
});

test('a damaged manifest is one unproven point, whatever its proof says', () => {
  const damaged = point({
    manifest: { valid: false, judgement: FORGED, message: 'not JSON' },
    lastProof: proofFacts(sampleProof()),
  });
  expect(damaged).toMatchObject({
    state: 'unproven',
    restorable: false,
    reason: { name: 'ManifestInvalid', message: 'not JSON' },
    startedAt: '2026-11-23T02:00:00Z',
  });
});

test('a point of which the manifest or the newest proof is not what was signed is unproven and not restorable', () => {
  const manifest = sampleFacts().manifest!;
  const lastProof = proofFacts(sampleProof())!;
  for (const judgement of [FORGED, { state: 'unsigned' as const, message: 'has no signature' }]) {
    const reason = { name: 'SignatureInvalid', message: `The manifest of 20261123T020000Z ${judgement.message}.` };
    expect(point({ manifest: { ...manifest, judgement }, lastProof })).toMatchObject({
      state: 'unproven',
      restorable: false,
      reason,
    });
    expect(point({ manifest: { ...manifest, judgement } })).toMatchObject({ state: 'unproven', restorable: false, reason });
    expect(point({ lastProof: { ...lastProof, judgement, proof: null } })).toMatchObject({
      state: 'unproven',
      restorable: false,
      reason: { name: 'SignatureInvalid', message: `The newest proof of 20261123T020000Z ${judgement.message}.` },
      lastProof: { ok: false },
    });
  }
});

test('what a proof that is believed found is told before the manifest is doubted', () => {
  const manifest = { ...sampleFacts().manifest!, judgement: FORGED };
  expect(point({ manifest, lastProof: proofFacts(failedProof) })).toMatchObject({
    state: 'unproven',
    restorable: false,
    reason: { name: 'FilesMismatch' },
  });
});

test('a point whose signatures could not be checked is neither proven nor offered for a restore', () => {
  const judgement = { state: 'unchecked' as const, message: 'could not be checked' };
  expect(point({ lastProof: { ...proofFacts(sampleProof())!, judgement } })).toMatchObject({
    state: 'stored',
    restorable: false,
    reason: { name: 'KeyUnusable' },
    lastProof: { ok: false },
  });
});

test('a required source that is absent is never restorable', () => {
  expect(withSources(sampleSource(), absentSource(false))).toMatchObject({
    state: 'unproven',
    restorable: false,
    reason: { name: 'CaptureIncomplete', source: 'certificates' },
  });
});

test('an optional source may be absent', () => {
  expect(withSources(sampleSource(), absentSource(true))).toMatchObject({
    state: 'proven',
    restorable: true,
    sources: { declared: 2, captured: 1, absent: 1, failed: 0 },
  });
});

test('a captured source without an object, and a manifest without a source, are never restorable', () => {
  expect(withSources(sampleSource({ artifacts: [] })).restorable).toBe(false);
  expect(withSources().restorable).toBe(false);
});

test('a point whose time has come is not restorable any more, whatever S3 has removed so far', () => {
  const lastProof = proofFacts(sampleProof());
  const storedOn = (day: string) => ({
    valid: true as const,
    judgement: SIGNED,
    manifest: sampleManifest(),
    stored: {},
    storedAt: new Date(`${day}T02:00:00Z`),
  });
  // Seven days after the 16th, at the next midnight, it is the 24th.
  expect(point({ manifest: storedOn('2026-11-16'), lastProof })).toMatchObject({
    state: 'proven',
    restorable: false,
    reason: { name: 'Expired' },
    retention: { hold: 'tier', tier: 'daily', expiresAt: '2026-11-24T00:00:00Z' },
  });
  expect(point({ manifest: storedOn('2026-11-17'), lastProof }).restorable).toBe(true);
});

test('a point that is held stays, and one that was given up is over at once', () => {
  const manifest = {
    valid: true as const,
    judgement: SIGNED,
    manifest: sampleManifest(),
    stored: {},
    storedAt: new Date('2025-01-01T02:00:00Z'),
  };
  const lastProof = proofFacts(sampleProof());
  const decided = (hold: 'floor' | 'kept' | 'pruned', tier: 'daily' | 'monthly' = 'daily') =>
    point({ manifest, lastProof, decided: { id: 'x', time: 'x', hold, tier, asked: 'daily' } });
  expect(decided('floor')).toMatchObject({ restorable: true, retention: { hold: 'floor', tier: 'daily', expiresAt: null } });
  expect(decided('kept', 'monthly')).toMatchObject({
    restorable: true,
    retention: { hold: 'kept', tier: 'monthly', expiresAt: null },
  });
  expect(decided('pruned')).toMatchObject({
    restorable: false,
    reason: { name: 'Expired', message: expect.stringContaining('given up') },
  });
});

test('what was given up in the vault is restored from its replica, where every tier is longer', () => {
  const manifest = {
    valid: true as const,
    judgement: SIGNED,
    manifest: sampleManifest(),
    stored: {},
    storedAt: new Date('2025-01-01T02:00:00Z'),
  };
  const lastProof = proofFacts(sampleProof());
  const decided = { id: 'x', time: 'x', hold: 'pruned', tier: 'daily', asked: 'daily' } as const;
  expect(point({ manifest, lastProof, decided, readsFrom: 'replica' })).toMatchObject({ restorable: true, reason: null });
  const stack = { retention: JSON.stringify(POLICY) } as StackFacts;
  const days = (readsFrom: 'vault' | 'replica') => policyOf({ stack, readsFrom }).days;
  expect(days('vault')).toEqual(POLICY.days);
  expect([days('replica').daily, days('replica').yearly]).toEqual([POLICY.days.daily! + 30, null]);
});

test('a failed run is a failed point with its cause and its sources counted', () => {
  expect(point({ manifest: null, failure: sampleFailure() })).toMatchObject({
    state: 'failed',
    restorable: false,
    reason: { name: 'DumpFailed', message: 'pg_dump: error: connection lost', source: 'app' },
    trigger: 'schedule',
    finishedAt: '2026-11-23T02:00:05Z',
    bytes: 0,
    sources: { declared: 2, captured: 1, absent: 0, failed: 1 },
  });
});

test('a run that still holds the lock is capturing, and says what it was asked for', () => {
  expect(point({ manifest: null, lock: { lock: sampleLock(), running: true } })).toMatchObject({
    state: 'capturing',
    restorable: false,
    reason: null,
    tier: 'weekly',
    label: 'now',
    finishedAt: null,
    sources: { declared: 1, captured: 0, absent: 0, failed: 0 },
  });
});

test('a lock whose holder is gone and left nothing is a failed point', () => {
  expect(point({ manifest: null, lock: { lock: sampleLock(), running: false } })).toMatchObject({
    state: 'failed',
    reason: { name: 'Aborted' },
  });
});

test('a run that died after storing leaves a stored point that tells why it has no proof', () => {
  const failure = sampleFailure({ name: 'Interrupted', message: 'stopped' });
  expect(point({ failure })).toMatchObject({
    state: 'stored',
    restorable: true,
    reason: { name: 'Interrupted', message: 'stopped' },
  });
});
