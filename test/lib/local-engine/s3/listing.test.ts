import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listObjects } from '../../../../lib/local-engine/s3/listing.ts';
import { ObjectIndex } from '../../../../lib/local-engine/s3/object-index.ts';
import type { Version } from '../../../../lib/local-engine/s3/version.ts';
import { refusal, startS3, type TestS3, VERSIONED } from './s3-server.ts';

// In the order of their UTF-8 bytes, which is not that of JavaScript: U+FF5E is below the emoji.
const KEYS = ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'b&c', 'd e', 'd+e', 'é/1', '～', '🙂'].sort((x, y) =>
  Buffer.compare(Buffer.from(x), Buffer.from(y)),
);

let server: TestS3;
beforeAll(async () => {
  server = await startS3({ listed: VERSIONED });
  for (const Key of [...KEYS].reverse()) await server.client.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: Key }));
  await server.client.send(new PutObjectCommand({ Bucket: 'listed', Key: 'deleted', Body: 'x' }));
  await server.client.send(new DeleteObjectCommand({ Bucket: 'listed', Key: 'deleted' }));
});
afterAll(() => server.stop());

const list = (more: object = {}) => server.client.send(new ListObjectsV2Command({ Bucket: 'listed', ...more }));
const keys = async (more: object = {}) => (await list(more)).Contents?.map((object) => object.Key) ?? [];

test('keys come in the order of their UTF-8 bytes, without deleted ones', async () => {
  expect(await keys()).toEqual(KEYS);
});

test('a listing tells size, ETag and time of each object', async () => {
  const { Contents } = await list({ Prefix: 'é/1' });
  expect(Contents).toHaveLength(1);
  expect(Contents![0]).toMatchObject({ Key: 'é/1', Size: 4, StorageClass: 'STANDARD' });
  expect(Contents![0]!.ETag).toMatch(/^"[0-9a-f]{32}"$/);
});

test('a prefix, a start and a delimiter select what they say', async () => {
  expect(await keys({ Prefix: 'b/' })).toEqual(['b/1', 'b/2', 'b/c/3']);
  expect(await keys({ StartAfter: 'd e' })).toEqual(['d+e', 'é/1', '～', '🙂']);
  expect(await keys({ Prefix: 'b/', StartAfter: 'a' })).toEqual(['b/1', 'b/2', 'b/c/3']);
  const grouped = await list({ Delimiter: '/' });
  expect(grouped.CommonPrefixes?.map((p) => p.Prefix)).toEqual(['b/', 'é/']);
  expect(grouped.Contents?.map((object) => object.Key)).toEqual(KEYS.filter((key) => !key.includes('/')));
  expect(grouped.KeyCount).toBe(10 - 1);
  expect((await list({ Delimiter: '/', Prefix: 'b/' })).CommonPrefixes?.map((p) => p.Prefix)).toEqual(['b/c/']);
});

test.each([1, 2, 3, 4, 1000])('pages of %i with a delimiter give every key and prefix once, in order', async (MaxKeys) => {
  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  for (let page = 0; page < 20; page++) {
    const answer = await list({ Delimiter: '/', MaxKeys, ContinuationToken });
    expect(answer.KeyCount).toBeLessThanOrEqual(MaxKeys);
    seen.push(...(answer.Contents ?? []).map((object) => object.Key!), ...(answer.CommonPrefixes ?? []).map((p) => p.Prefix!));
    ContinuationToken = answer.NextContinuationToken;
    if (!answer.IsTruncated) break;
  }
  expect(seen.sort()).toEqual([...KEYS.filter((key) => !key.includes('/')), 'b/', 'é/'].sort());
});

test('encoding-type=url escapes what XML cannot carry', async () => {
  const answer = await list({ EncodingType: 'url', Prefix: 'd' });
  expect(answer.Contents?.map((object) => decodeURIComponent(object.Key!))).toEqual(['d e', 'd+e']);
  expect(answer.Contents?.[0]?.Key).toBe('d%20e');
});

test('max-keys 0 gives nothing and says that this is all', async () => {
  expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
});

test('a wrong token or count is refused', async () => {
  expect(await refusal(list({ ContinuationToken: 'nonsense' }))).toEqual({ name: 'InvalidArgument', status: 400 });
  expect(await refusal(list({ MaxKeys: -1 }))).toEqual({ name: 'InvalidArgument', status: 400 });
});

test('finding one page among 10,000 keys takes a few milliseconds', () => {
  const index = new ObjectIndex();
  const versions = Array.from({ length: 10_000 }, (_, i) => ({
    key: `folder-${i % 100}/${i}`,
    versionId: `${i}`,
    sequence: i,
    deleteMarker: false,
  })) as unknown as Version[];
  index.load(versions);
  const started = performance.now();
  for (let i = 0; i < 100; i++) {
    const page = listObjects(index, { prefix: '', delimiter: '/', limit: 1000, resume: undefined });
    expect(page.prefixes).toHaveLength(100);
  }
  expect(performance.now() - started).toBeLessThan(1000);
});
