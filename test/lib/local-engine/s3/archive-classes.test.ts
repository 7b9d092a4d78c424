import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  RestoreObjectCommand,
  type StorageClass,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { refusal, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const Bucket = 'cold';
let server: TestS3;
beforeAll(async () => {
  server = await startS3({ [Bucket]: VERSIONED }, {}, { thawMilliseconds: 2000 });
});
afterAll(() => server.stop());

const put = async (Key: string, StorageClass?: StorageClass) =>
  (await server.client.send(new PutObjectCommand({ Bucket, Key, Body: 'bytes', StorageClass }))).VersionId!;
const head = (Key: string, VersionId?: string) => server.client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
const get = async (Key: string, VersionId?: string) =>
  (await server.client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body!.transformToString();
const ask = async (Key: string, VersionId?: string, Tier: 'Bulk' | 'Expedited' = 'Bulk') => {
  const RestoreRequest = { Days: 3, GlacierJobParameters: { Tier } };
  const { $metadata } = await server.client.send(new RestoreObjectCommand({ Bucket, Key, VersionId, RestoreRequest }));
  return $metadata.httpStatusCode;
};

test.each(['GLACIER', 'DEEP_ARCHIVE'] as const)('what lies in %s can be read only after it was asked for', async (archive) => {
  const version = await put(archive, archive);
  expect(await refusal(get(archive))).toEqual({ name: 'InvalidObjectState', status: 403 });
  expect(await head(archive)).toMatchObject({ StorageClass: archive, ContentLength: 5 });
  expect((await head(archive)).Restore).toBeUndefined();

  expect(await ask(archive, version)).toBe(202);
  expect((await head(archive, version)).Restore).toBe('ongoing-request="true"');
  expect(await refusal(ask(archive))).toEqual({ name: 'RestoreAlreadyInProgress', status: 409 });
  expect(await refusal(get(archive))).toMatchObject({ name: 'InvalidObjectState' });

  const there = async () => (await head(archive)).Restore?.startsWith('ongoing-request="false"') === true;
  await until(there, 20_000, 'the copy is there');
  expect(await get(archive, version)).toBe('bytes');
  const { Restore, StorageClass } = await head(archive);
  const [, date = ''] = /expiry-date="(.*)"$/.exec(Restore!) ?? [];
  expect(Date.parse(date) - Date.now()).toBeGreaterThan(2 * 86_400_000);
  expect(new Date(date).toISOString()).toMatch(/T00:00:00/);
  expect(StorageClass).toBe(archive);
  expect(await ask(archive)).toBe(200);
  server.restart();
  expect(await get(archive)).toBe('bytes');
});

test.each([undefined, 'STANDARD_IA', 'GLACIER_IR'] as const)('%s is read at once and cannot be asked for', async (name) => {
  await put('warm', name);
  expect(await get('warm')).toBe('bytes');
  expect((await head('warm')).StorageClass).toBe(name);
  expect(await refusal(ask('warm'))).toEqual({ name: 'InvalidObjectState', status: 403 });
});

test('only the version that was asked for can be read', async () => {
  const first = await put('versions', 'GLACIER');
  await put('versions', 'GLACIER');
  await ask('versions', first);
  await until(async () => (await refusal(get('versions', first))) === undefined, 20_000, 'the copy is there');
  expect(await refusal(get('versions'))).toMatchObject({ name: 'InvalidObjectState' });
});

test('there is no fast way out of the deepest archive', async () => {
  await put('deep', 'DEEP_ARCHIVE');
  expect(await refusal(ask('deep', undefined, 'Expedited'))).toEqual({ name: 'InvalidArgument', status: 400 });
});

test('an upload in parts keeps its class, and listings tell it', async () => {
  const at = { Bucket, Key: 'parts' };
  const { UploadId } = await server.client.send(new CreateMultipartUploadCommand({ ...at, StorageClass: 'GLACIER' }));
  const part = await server.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'bytes' }));
  const { ETag, ChecksumCRC32 } = part;
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  await server.client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  expect(await refusal(get('parts'))).toMatchObject({ name: 'InvalidObjectState' });
  const { Contents } = await server.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'parts' }));
  expect(Contents).toMatchObject([{ Key: 'parts', StorageClass: 'GLACIER' }]);
});
