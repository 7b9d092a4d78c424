import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServiceError } from '../../../../lib/local-engine/service-error.ts';
import { refusal, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const at = { Bucket: 'secret', Key: 'k' };
const arn = 'arn:aws:kms:us-east-1:000000000000:key/1';
const byDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn };
let server: TestS3;
/** What KMS says about the key now. */
let trouble: ServiceError | undefined;
const asked: string[] = [];
beforeAll(async () => {
  const BucketEncryption = { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: byDefault }] };
  const requireKey = async (key: string) => {
    asked.push(key);
    if (trouble) throw trouble;
  };
  server = await startS3({ secret: { ...VERSIONED, BucketEncryption }, plain: {} }, {}, { requireKey });
});
afterAll(() => server.stop());

const put = () => server.client.send(new PutObjectCommand({ ...at, Body: 'x' }));

test.each([
  ['disabled', new ServiceError('DisabledException', `${arn} is disabled.`), 'KMS.DisabledException'],
  [
    'about to be deleted',
    new ServiceError('KMSInvalidStateException', `${arn} is pending deletion.`),
    'KMS.KMSInvalidStateException',
  ],
  ['gone', new ServiceError('NotFoundException', `Key '${arn}' does not exist`), 'KMS.NotFoundException'],
])('an object whose key is %s can be neither written nor read, and is still listed', async (_name, error, name) => {
  trouble = undefined;
  await put();
  const { UploadId } = await server.client.send(new CreateMultipartUploadCommand(at));
  const part = { ...at, UploadId, PartNumber: 1, Body: 'x' };
  const { ETag, ChecksumCRC32 } = await server.client.send(new UploadPartCommand(part));
  trouble = error;
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  const calls = [
    put(),
    server.client.send(new GetObjectCommand(at)),
    server.client.send(new CreateMultipartUploadCommand(at)),
    server.client.send(new UploadPartCommand(part)),
    server.client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload })),
  ];
  expect(await Promise.all(calls.map(refusal))).toEqual(calls.map(() => ({ name, status: 400 })));
  expect((await server.client.send(new HeadObjectCommand(at))).ContentLength).toBe(1);
  expect(await refusal(server.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' })))).toMatchObject({
    status: 400,
  });
  expect((await server.client.send(new ListObjectsV2Command({ Bucket: 'secret' }))).KeyCount).toBe(1);
  trouble = undefined;
  expect(await refusal(server.client.send(new GetObjectCommand(at)))).toBeUndefined();
});

test('what KMS does not encrypt needs no key', async () => {
  asked.length = 0;
  trouble = new ServiceError('DisabledException', 'disabled');
  await server.client.send(new PutObjectCommand({ Bucket: 'plain', Key: 'k', Body: 'x' }));
  await server.client.send(new GetObjectCommand({ Bucket: 'plain', Key: 'k' }));
  expect(asked).toEqual([]);
});
