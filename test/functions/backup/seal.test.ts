import { GetObjectRetentionCommand, GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaptureResult } from '../../../functions/contract/host-results.ts';
import { type Manifest, parseManifest, serializeManifest } from '../../../functions/contract/manifest.ts';
import type { CaptureOutcome } from '../../../functions/contract/requests.ts';
import type { DatabaseSource, Source, VolumeSource } from '../../../functions/contract/sources.ts';
import { wrapFileKey } from '../../../functions/encryption/age-header.ts';
import { identityOf } from '../../../functions/encryption/age-keys.ts';
import { VERSIONED } from '../../lib/local-engine/s3/s3-server.ts';
import { type Handler, WithVault } from '../with-vault.ts';

const LOCK = { mode: 'governance', days: { daily: 5, weekly: 28, monthly: 60, yearly: 90 } };
const vault = WithVault.forThisFile({ OBJECT_LOCK: JSON.stringify(LOCK) });
let seal: Handler;
beforeAll(async () => {
  await vault.s3.s3.createBucket(vault.bucket, { ...VERSIONED, ObjectLockEnabled: true });
  seal = await vault.handler(import('../../../functions/backup/seal.ts'));
});

let points = 0;
const nextId = () => `20261123T02${String(points++).padStart(2, '0')}00Z`;
const volume = (name: string, more: Partial<VolumeSource> = {}): VolumeSource => ({
  kind: 'volume',
  name,
  volume: name,
  exclude: [],
  optional: false,
  ...more,
});

const DATABASE = {
  kind: 'database',
  name: 'shop',
  optional: false,
  container: 'db',
  database: 'shop',
  user: null,
  passwordVariable: null,
  fingerprint: 'hash',
  ownership: 'drop',
} as const;

/** An object in the vault and how its capture ended; `reported`: the bytes that the host says it sent. */
async function captured(id: string, name: string, content = 'content', reported = content.length): Promise<CaptureOutcome> {
  const key = `shop/artifacts/${id}/volume-${name}.a1.tar.zst`;
  await vault.put(key, content);
  await vault.put(inventoryOf(key), 'list');
  return outcome(name, key, reported);
}

const inventoryOf = (key: string) => key.replace(/\.tar\.zst$/, '.inventory.tar.zst');

function outcome(name: string, key: string, bytes: number): CaptureOutcome {
  const result: CaptureResult = {
    artifacts: [reported('archive', key, bytes), reported('inventory', inventoryOf(key), 'list'.length)],
    container: null,
    server: null,
    resolved: name,
    warnings: [],
  };
  return { label: `volume-${name}`, ok: true, result, error: null };
}

function reported(role: CaptureResult['artifacts'][0]['role'], key: string, bytes: number): CaptureResult['artifacts'][0] {
  const sha256 = 'a'.repeat(64);
  const sizes = { bytes, rawBytes: null, chunkBytes: 1024, chunks: [sha256] };
  return { role, key, ...sizes, sha256, compression: 'zstd', encryption: 'none', seconds: 1 };
}

const failed = (name: string, error: string): CaptureOutcome => ({
  label: `volume-${name}`,
  ok: false,
  result: null,
  error: { name: error, message: `${name} was not captured.` },
});

const IN_CLEAR: Encrypted = { mode: 'none', recipients: [] };
interface Encrypted {
  mode: string;
  recipients: string[];
}

function run(id: string, sources: Source[], captures: CaptureOutcome[], encryption = IN_CLEAR): Promise<Record<string, unknown>> {
  return seal({
    suite: 'shop',
    id,
    startedAt: '2026-11-23T02:00:00Z',
    previousId: null,
    request: { tier: 'weekly', trigger: 'manual', label: null, scheduledFor: null },
    sources,
    captures,
    host: { docker: '20', tools: {}, kernel: '6', warnings: [] },
    instanceId: 'i-1',
    secretsKeptIn: [],
    shrink: { share: 0.5, bytes: 1 },
    encryption,
    warnings: [],
  });
}

async function manifestOf(id: string): Promise<Manifest> {
  return parseManifest(await vault.text(`shop/recovery-points/${id}.json`), { suite: 'shop', id });
}

/** The point is refused, for exactly these sources, and does not exist. */
async function expectRefused(id: string, sealing: Promise<unknown>, name: string, labels: string[]): Promise<void> {
  const error = (await sealing.catch((thrown: unknown) => thrown)) as Error;
  expect(error.name).toBe(name);
  expect(JSON.parse(error.message).sources.map((source: { label: string }) => source.label)).toEqual(labels);
  expect(await vault.keys(`shop/recovery-points/${id}`)).toEqual([]);
}

describe('a recovery point', () => {
  it('exists once every source is in the vault, with the version and the tag of each object', async () => {
    const id = nextId();
    await run(id, [volume('a'), volume('b')], [await captured(id, 'a'), await captured(id, 'b')]);
    const { sources } = await manifestOf(id);
    expect(sources.map(({ name, state }) => [name, state])).toEqual([
      ['a', 'captured'],
      ['b', 'captured'],
    ]);
    for (const { key, versionId } of sources.flatMap(({ artifacts }) => artifacts)) {
      const tags = await vault.s3.client.send(
        new GetObjectTaggingCommand({ Bucket: vault.bucket, Key: key, VersionId: versionId }),
      );
      expect(tags.TagSet).toEqual([{ Key: 'retention', Value: 'weekly' }]);
    }
  });

  it('is locked whole, version by version, for as long as its tier says from when it was sealed', async () => {
    const id = nextId();
    const begun = Date.now();
    await run(id, [volume('a')], [await captured(id, 'a')]);
    const ended = Date.now();
    const manifest = { key: `shop/recovery-points/${id}.json`, versionId: undefined };
    for (const { key, versionId } of [...(await manifestOf(id)).sources.flatMap(({ artifacts }) => artifacts), manifest]) {
      const { Retention } = await vault.s3.client.send(
        new GetObjectRetentionCommand({ Bucket: vault.bucket, Key: key, VersionId: versionId }),
      );
      expect(Retention!.Mode).toBe('GOVERNANCE');
      const lockedFrom = Retention!.RetainUntilDate!.getTime() - 28 * 86_400_000;
      expect(lockedFrom).toBeGreaterThanOrEqual(begun - 1000);
      expect(lockedFrom).toBeLessThanOrEqual(ended);
    }
  });

  it('does not exist when an object was reported as stored and is not there', async () => {
    const id = nextId();
    const missing = outcome('b', `shop/artifacts/${id}/volume-b.a1.tar.zst`, 7);
    await expectRefused(id, run(id, [volume('a'), volume('b')], [await captured(id, 'a'), missing]), 'UploadFailed', [
      'volume-b',
    ]);
  });

  it('does not exist when an object is shorter than what the host sent', async () => {
    const id = nextId();
    await expectRefused(id, run(id, [volume('a')], [await captured(id, 'a', 'half', 8)]), 'UploadFailed', ['volume-a']);
  });

  it('does not exist when the host names an object of another point, which then keeps its tag', async () => {
    const older = nextId();
    await run(older, [volume('a')], [await captured(older, 'a')]);
    const id = nextId();
    const foreign = outcome('a', `shop/artifacts/${older}/volume-a.a1.tar.zst`, 'content'.length);
    await expectRefused(id, run(id, [volume('a')], [foreign]), 'CaptureIncomplete', ['volume-a']);
  });

  it.each([
    ['inventory is missing', (all: CaptureResult['artifacts']) => all.slice(0, 1)],
    ['archive is there twice', ([archive, inventory]: CaptureResult['artifacts']) => [archive!, archive!, inventory!]],
    ['pieces do not cover it', ([archive, inventory]: CaptureResult['artifacts']) => [{ ...archive!, chunks: [] }, inventory!]],
  ])('does not exist when its %s', async (_, change) => {
    const id = nextId();
    const capture = await captured(id, 'a');
    const result = capture.result as CaptureResult;
    const changed = { ...capture, result: { ...result, artifacts: change(result.artifacts) } };
    await expectRefused(id, run(id, [volume('a')], [changed]), 'CaptureIncomplete', ['volume-a']);
  });

  it.each([
    ['plain SQL is asked for', true, ['schema', 'dump', 'fingerprint'], false],
    ['it is there, too', true, ['schema', 'dump', 'plain-sql', 'fingerprint'], true],
    ['it is not asked for', false, ['schema', 'dump', 'fingerprint'], true],
  ] as const)('of a database exists with everything that was asked for: %s', async (_, plainSql, roles, whole) => {
    const id = nextId();
    const database: DatabaseSource = { ...DATABASE, plainSql };
    const artifacts = roles.map((role) => reported(role, `shop/artifacts/${id}/database-shop.a1.${role}`, 'bytes'.length));
    for (const { key } of artifacts) await vault.put(key, 'bytes');
    const result: CaptureResult = { artifacts, container: null, server: null, resolved: null, warnings: [] };
    const sealing = run(id, [database], [{ label: 'database-shop', ok: true, result, error: null }]);
    if (!whole) return expectRefused(id, sealing, 'CaptureIncomplete', ['database-shop']);
    await sealing;
    expect((await manifestOf(id)).sources[0]!.artifacts.map(({ role }) => role)).toEqual(roles);
  });

  it('does not exist when a source failed, was not found, or nobody knows; all are named', async () => {
    const id = nextId();
    const captures = [failed('a', 'ContainerNotFound'), failed('b', 'SourceEmpty'), await captured(id, 'c')];
    const sources = [volume('a'), volume('b'), volume('c'), volume('d')];
    await expectRefused(id, run(id, sources, captures), 'ContainerNotFound', ['volume-a', 'volume-b', 'volume-d']);
  });

  it('tells that an optional source was not there', async () => {
    const id = nextId();
    await run(id, [volume('a'), volume('b', { optional: true })], [await captured(id, 'a'), failed('b', 'VolumeNotFound')]);
    expect((await manifestOf(id)).sources[1]).toMatchObject({
      state: 'absent',
      artifacts: [],
      reason: { name: 'VolumeNotFound' },
    });
  });

  it('does not exist when an optional source was there and could not be captured', async () => {
    const id = nextId();
    const captures = [await captured(id, 'a'), failed('b', 'ArchiveFailed')];
    await expectRefused(id, run(id, [volume('a'), volume('b', { optional: true })], captures), 'ArchiveFailed', ['volume-b']);
  });

  it('does not exist when all of its sources may be absent and are', async () => {
    const id = nextId();
    const sealing = run(id, [volume('a', { optional: true })], [failed('a', 'VolumeNotFound')]);
    await expectRefused(id, sealing, 'VolumeNotFound', ['volume-a']);
  });

  it('is never written a second time', async () => {
    const id = nextId();
    const sealing = async () => run(id, [volume('a')], [await captured(id, 'a')]);
    await sealing();
    await expect(sealing()).rejects.toMatchObject({ name: 'CaptureIncomplete' });
  });
});

describe('a point of a suite that is encrypted', () => {
  const [one, other] = [identityOf(Buffer.alloc(32, 1)), identityOf(Buffer.alloc(32, 2))];
  const AGE: Encrypted = { mode: 'age', recipients: [one.recipient] };
  const forOne = wrapFileKey(Buffer.alloc(16), one.publicKey);
  const [first, ...rest] = forOne.toString('latin1').split('\n');
  const stanzaOfOther = wrapFileKey(Buffer.alloc(16), other.publicKey).toString('latin1').split('\n').slice(1, 3);
  const forTwo = Buffer.from([first, ...stanzaOfOther, ...rest].join('\n'), 'latin1');

  /** A volume whose two objects are these bytes under these endings, reported as `encryption`. */
  async function sealedVolume(id: string, ending: string, bytes: Buffer | string, encryption: string): Promise<CaptureOutcome> {
    const key = `shop/artifacts/${id}/volume-a.a1.tar.zst`;
    for (const each of [key, inventoryOf(key)]) await vault.put(`${each}${ending}`, bytes);
    const told = outcome('a', key, bytes.length);
    const artifacts = (told.result as CaptureResult).artifacts.map((artifact) => ({
      ...artifact,
      key: `${artifact.key}${ending}`,
      bytes: bytes.length,
      encryption,
    }));
    return { ...told, result: { ...(told.result as CaptureResult), artifacts } };
  }

  it('says of every object how and for whom it is encrypted', async () => {
    const id = nextId();
    await run(id, [volume('a')], [await sealedVolume(id, '.age', forOne, 'age')], AGE);
    const { artifacts } = (await manifestOf(id)).sources[0]!;
    expect(artifacts.map(({ encryption, recipients }) => [encryption, recipients])).toEqual(
      Array(2).fill(['age', [one.recipient]]),
    );
  });

  it.each([
    ['in clear, as it says itself', '', 'content', 'none', AGE],
    ['in clear under another ending', '.age', 'content', 'age', AGE],
    ['under an ending that no reader knows', '', forOne, 'age', AGE],
    ['for fewer than the suite file names', '.age', forOne, 'age', { mode: 'age', recipients: [one.recipient, other.recipient] }],
    ['for one more than the suite file names', '.age', forTwo, 'age', AGE],
    ['by a passphrase instead', '.enc', `Salted__${'x'.repeat(24)}`, 'openssl', AGE],
    ['though the suite is in clear', '.age', forOne, 'age', IN_CLEAR],
  ] as const)('does not exist when the host stored it %s', async (_, ending, bytes, encryption, wanted) => {
    const id = nextId();
    const sealing = run(id, [volume('a')], [await sealedVolume(id, ending, bytes, encryption)], wanted as Encrypted);
    await expectRefused(id, sealing, 'CaptureIncomplete', ['volume-a']);
  });
});

describe('the size that a source is held to', () => {
  async function seal100(): Promise<string> {
    const id = nextId();
    await run(id, [volume('a')], [await captured(id, 'a', 'x'.repeat(100))]);
    return id;
  }
  const proof = (point: string, id: string) => ({
    schema: 'suite-backup.proof.v1',
    id,
    point,
    suite: 'shop',
    startedAt: '2026-11-23T02:00:00Z',
    finishedAt: '2026-11-23T02:00:00Z',
    ok: true,
    reason: null,
    restoreSeconds: 0,
    server: null,
    acceptedAnomaly: null,
    checks: [],
  });
  const prove = async (point: string, document: object) =>
    vault.put(`shop/proofs/${point}/20261123T030000Z-x.passed.json`, JSON.stringify(document));

  it('is that of a point of 60 days ago, when backups had stopped since', async () => {
    const [before, source] = ['20260924T020000Z', [volume('shrinking')]];
    await run(before, source, [await captured(before, 'shrinking', 'content'.repeat(100))]);
    await prove(before, await vault.signed(proof(before, '20261123T030000Z-x')));
    const id = nextId();
    await run(id, source, [await captured(id, 'shrinking')]);
    expect((await manifestOf(id)).sources[0]!.anomaly).toMatchObject({ previousId: before });
  });

  it('is that of the newest point whose manifest and proof are what was signed, and of no forged one', async () => {
    const proven = await seal100();
    await prove(proven, await vault.signed(proof(proven, '20261123T030000Z-x')));
    const [byHand, garbage, replayed, changed] = [nextId(), await seal100(), await seal100(), await seal100()];
    await run(byHand, [volume('a')], [await captured(byHand, 'a', 'tiny')]);
    await prove(byHand, proof(byHand, '20261123T030000Z-x'));
    await prove(garbage, []);
    await vault.put(`shop/proofs/${garbage}/20261123T040000Z-x.passed.json`, 'no JSON');
    await prove(replayed, await vault.signed(proof(proven, '20261123T030000Z-x')));
    await prove(changed, await vault.signed(proof(changed, '20261123T030000Z-x')));
    const { checksum: _, ...manifest } = await manifestOf(changed);
    const forged = serializeManifest({ ...manifest, label: 'another' });
    await vault.put(`shop/recovery-points/${changed}.json`, forged);

    const id = nextId();
    await run(id, [volume('a')], [await captured(id, 'a', 'tiny')]);
    const { anomaly } = (await manifestOf(id)).sources[0]!;
    expect(anomaly).toEqual({ previousId: proven, previousBytes: 104, bytes: 8 });
  });
});
