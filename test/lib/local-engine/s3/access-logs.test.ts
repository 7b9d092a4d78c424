import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refusal, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const DAY = 86_400_000;
const Rules = [{ Id: 'week', Status: 'Enabled', Prefix: 'short/', ExpirationInDays: 7 }];
const at = { Bucket: 'watched', Key: 'a b/ü' };

let server: TestS3;
let ahead = 0;
beforeEach(async () => {
  ahead = 0;
  const LoggingConfiguration = { DestinationBucketName: 'logs', LogFilePrefix: 'access/' };
  const PartitionedPrefix = { PartitionDateSource: 'EventTime' };
  const buckets = {
    watched: { ...VERSIONED, LoggingConfiguration, LifecycleConfiguration: { Rules } },
    parted: { LoggingConfiguration: { DestinationBucketName: 'logs', TargetObjectKeyFormat: { PartitionedPrefix } } },
    logs: {},
    unwatched: {},
  };
  const clock = () => new Date(Date.now() + ahead);
  server = await startS3(buckets, {}, { clock, account: '123456789012' });
});
afterEach(() => server.stop());

/** The fields of each record, in the documented order: blanks stand within brackets and quotes only. */
const parse = (line: string) => [...line.matchAll(/\[[^\]]*\]|"[^"]*"|\S+/g)].map(([field]) => field);
const logFiles = async (Prefix = 'access/') => {
  await server.s3.deliverLogs();
  const { Contents = [] } = await server.client.send(new ListObjectsV2Command({ Bucket: 'logs', Prefix }));
  return Contents.map(({ Key }) => Key!);
};
const records = async () => {
  const texts = await Promise.all(
    (await logFiles()).map(async (Key) =>
      (await server.client.send(new GetObjectCommand({ Bucket: 'logs', Key }))).Body!.transformToString(),
    ),
  );
  return texts.flatMap((text) => text.trim().split('\n')).map(parse);
};

test('each request to a watched bucket is one record of 26 fields', async () => {
  const { VersionId } = await server.client.send(new PutObjectCommand({ ...at, Body: 'bytes' }));
  await server.client.send(new GetObjectCommand({ ...at, VersionId, Range: 'bytes=1-2' }));
  await fetch(await getSignedUrl(server.client, new GetObjectCommand(at)));
  await refusal(server.client.send(new HeadObjectCommand({ Bucket: 'watched', Key: 'nothing' })));
  await server.client.send(new PutObjectCommand({ Bucket: 'unwatched', Key: 'k', Body: 'x' }));
  const found = await records();
  expect(found.map((fields) => fields.length)).toEqual([26, 26, 26, 26]);
  const part = (...positions: number[]) => found.map((fields) => positions.map((position) => fields[position]));
  const key = 'a%20b/%C3%BC';
  const tester = 'arn:aws:sts::000000000000:assumed-role/tester/test';
  // Operation, key, status, error, bytes sent, object size, version, way of signing.
  expect(part(6, 7, 9, 10, 11, 12, 17, 21)).toEqual([
    ['REST.PUT.OBJECT', key, '200', '-', '-', '5', '-', 'AuthHeader'],
    ['REST.GET.OBJECT', key, '206', '-', '2', '5', VersionId, 'AuthHeader'],
    ['REST.GET.OBJECT', key, '200', '-', '5', '5', '-', 'QueryString'],
    ['REST.HEAD.OBJECT', 'nothing', '404', 'NoSuchKey', '-', '-', '-', 'AuthHeader'],
  ]);
  expect(part(1, 3, 4)).toEqual(found.map(() => ['watched', '127.0.0.1', tester]));
  expect(found[0]![2]).toMatch(/^\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]$/);
  expect(found[0]![8]).toMatch(/^"PUT \/watched\/a%20b\/%C3%BC\?x-id=PutObject HTTP\/1\.1"$/);
  expect(found[0]![16]).toContain('aws-sdk-js');
});

test('operations are called as S3 calls them', async () => {
  const { client } = server;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'x' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [] } }));
  await client.send(new ListObjectsV2Command({ Bucket: 'watched' }));
  await client.send(new DeleteObjectCommand(at));
  await client.send(new DeleteObjectsCommand({ Bucket: 'watched', Delete: { Objects: [{ Key: 'x' }] } }));
  expect((await records()).map((fields) => fields[6])).toEqual([
    'REST.POST.UPLOADS',
    'REST.PUT.PART',
    'REST.POST.UPLOAD',
    'REST.PUT.OBJECT_TAGGING',
    'REST.GET.BUCKET',
    'REST.DELETE.OBJECT',
    'REST.POST.MULTI_OBJECT_DELETE',
  ]);
});

test('what lifecycle does is in the log too', async () => {
  const { VersionId } = await server.client.send(new PutObjectCommand({ Bucket: 'watched', Key: 'short/k', Body: 'x' }));
  ahead = 8 * DAY;
  await server.s3.carryOutLifecycle();
  const fields = (await records()).at(-1)!;
  expect([fields.length, fields[4], fields[6], fields[7], fields[17]]).toEqual([
    26,
    'AmazonS3',
    'S3.CREATE.DELETEMARKER',
    'short/k',
    VersionId,
  ]);
});

test('records are delivered once, in a new object each time, and nothing is delivered where there is nothing', async () => {
  await server.client.send(new PutObjectCommand({ ...at, Body: 'x' }));
  const first = await logFiles();
  expect(first).toEqual([expect.stringMatching(/^access\/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}$/)]);
  expect(await logFiles()).toEqual(first);
  await server.client.send(new PutObjectCommand({ ...at, Body: 'y' }));
  expect(await logFiles()).toHaveLength(2);
});

test('records that a killed engine did not deliver are delivered by the next', async () => {
  await server.client.send(new PutObjectCommand({ ...at, Body: 'x' }));
  server.restart();
  await server.s3.createBucket('logs', {});
  expect(await records()).toHaveLength(1);
});

test('partitioned logs lie in a folder per account, region, bucket and day of the requests', async () => {
  const put = () => server.client.send(new PutObjectCommand({ Bucket: 'parted', Key: 'k', Body: 'x' }));
  await put();
  ahead = DAY;
  await put();
  const days = [0, DAY].map((later) => new Date(Date.now() + later).toISOString().slice(0, 10));
  expect(await logFiles('123456789012/')).toEqual(
    days.map((day) => {
      const folder = `123456789012/us-east-1/parted/${day.replaceAll('-', '/')}/`;
      return expect.stringMatching(new RegExp(`^${folder}${day}-00-00-00-[0-9A-F]{16}$`));
    }),
  );
});

test('a record that was half written is delivered with the rest', async () => {
  await server.client.send(new PutObjectCommand({ ...at, Body: 'x' }));
  appendFileSync(join(server.directory, 'watched', 'access-log'), 'local watched [01/');
  expect(await logFiles()).toHaveLength(1);
});

test('a format that is not carried out is refused', async () => {
  const TargetObjectKeyFormat = { PartitionedPrefix: { PartitionDateSource: 'Moon' } };
  for (const LoggingConfiguration of [{ TargetObjectKeyFormat }, { Surprise: 1 }]) {
    await expect(server.s3.createBucket('refused', { LoggingConfiguration })).rejects.toThrow('LoggingConfiguration');
  }
});
