import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseManifest, serializeManifest } from '../../functions/contract/manifest.ts';
import { startS3, type TestS3, VERSIONED } from '../lib/local-engine/s3/s3-server.ts';
import { commandBytes } from './command.ts';
import { Forgery } from './forgery.ts';
import { TamperedVault } from './vault.ts';

const Bucket = 'vault';
const id = '20261123T020000Z';
const dumpKey = `plant/artifacts/${id}/database-shop.abc.dump.zst`;
const manifestKey = `plant/recovery-points/${id}.json`;
let s3: TestS3;
let home: string;
let vault: TamperedVault;

beforeEach(async () => {
  s3 = await startS3({ [Bucket]: VERSIONED });
  home = await mkdtemp(join(tmpdir(), 'vault-test-'));
  await symlink(s3.directory, join(home, 's3'));
  vault = await TamperedVault.open(home);
});
afterEach(async () => {
  await s3.stop();
  await rm(home, { recursive: true });
});

async function put(Key: string, Body: string | Buffer): Promise<string> {
  const { VersionId } = await s3.client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return VersionId!;
}

async function get(Key: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
}

it('finds the bytes of a key', async () => {
  await put('a/one.json', '{}');
  await put('a/two', 'two');
  expect(await vault.keys()).toEqual(['a/one.json', 'a/two']);
  expect(await vault.key(/two$/)).toBe('a/two');
  expect((await vault.read('a/two')).toString()).toBe('two');
  await expect(vault.key(/^a/)).rejects.toThrow('2 keys match');
});

it('flips one bit and cuts bytes off, and the key stays', async () => {
  await put('key', Buffer.from([1, 2, 3, 4]));
  await vault.flipBit('key', 2);
  expect([...(await vault.read('key'))]).toEqual([1, 2, 2, 4]);
  await vault.truncate('key');
  expect([...(await vault.read('key'))]).toEqual([1, 2]);
  expect(await vault.keys()).toEqual(['key']);
});

it('deletes a key for good, and hides one behind a marker', async () => {
  for (const key of ['deleted', 'hidden']) await put(key, key);
  await vault.delete('deleted');
  await vault.hide('hidden');
  s3.restart();
  expect(await vault.keys()).toEqual([]);
  const { Versions = [], DeleteMarkers = [] } = await s3.client.send(new ListObjectVersionsCommand({ Bucket }));
  expect([Versions.map(({ Key }) => Key), DeleteMarkers.map(({ Key }) => Key)]).toEqual([['hidden'], ['hidden']]);
});

it('puts a newer version over a key', async () => {
  const first = await put('key', 'old');
  await vault.replace('key', Buffer.from('newer'));
  s3.restart();
  expect((await get('key')).toString()).toBe('newer');
  const old = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'key', VersionId: first }));
  expect(await old.Body!.transformToString()).toBe('old');
});

it('gives a version other bytes, with a size and checksum that a client accepts', async () => {
  const version = await put('key', 'before');
  await vault.overwrite('key', Buffer.from('afterwards'));
  s3.restart();
  // The SDK checks the checksum of what it gets.
  expect((await get('key')).toString()).toBe('afterwards');
  const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'key' }));
  expect([head.ContentLength, head.VersionId]).toEqual([10, version]);
});

it('changes a row in a packed dump so that the manifest still fits', async () => {
  const packed = await commandBytes(['zstd', '-q', '-c'], { input: 'PGDMP 1\tAnna\n2\tBert\n' });
  const versionId = await put(dumpKey, packed);
  await put(manifestKey, manifestWith(packed, versionId));
  const forgery = new Forgery(vault, id);
  await forgery.changeRow('shop', 'Bert', 'Carl');
  s3.restart();

  const manifest = parseManifest((await get(manifestKey)).toString(), { suite: 'plant', id });
  const artifact = manifest.sources[0]!.artifacts[0]!;
  const bytes = await get(dumpKey);
  const sha256 = (part: Buffer) => createHash('sha256').update(part).digest('hex');
  expect((await commandBytes(['zstd', '-dqc'], { input: bytes })).toString()).toBe('PGDMP 1\tAnna\n2\tCarl\n');
  expect(artifact).toMatchObject({
    versionId,
    bytes: bytes.length,
    sha256: sha256(bytes),
    chunks: [sha256(bytes.subarray(0, 16)), sha256(bytes.subarray(16, 32)), sha256(bytes.subarray(32))],
  });
  await expect(forgery.changeRow('shop', 'Dora', 'Emil')).rejects.toThrow('must occur exactly once');
});

function manifestWith(packed: Buffer, versionId: string): string {
  const sha256 = createHash('sha256').update(packed).digest('hex');
  const time = '2026-11-23T02:00:00Z';
  return serializeManifest({
    schema: 'suite-backup.manifest.v1',
    id,
    suite: 'plant',
    tier: 'daily',
    trigger: 'manual',
    label: null,
    scheduledFor: null,
    startedAt: time,
    finishedAt: time,
    host: { instanceId: 'mi-0123456789abcdef0', docker: '1', kernel: '1', tools: {} },
    secretsKeptIn: [],
    previousId: null,
    warnings: [],
    sources: [
      {
        kind: 'database',
        name: 'shop',
        label: 'database-shop',
        declared: {},
        resolved: null,
        state: 'captured',
        reason: null,
        container: null,
        server: null,
        anomaly: null,
        artifacts: [
          {
            role: 'dump',
            key: dumpKey,
            bytes: packed.length,
            rawBytes: null,
            sha256,
            chunkBytes: 16,
            chunks: [sha256],
            compression: 'zstd',
            encryption: 'none',
            seconds: 1,
            versionId,
          },
        ],
      },
    ],
  });
}
