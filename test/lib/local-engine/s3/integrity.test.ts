import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type ChecksumAlgorithm, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, signedFetch, startS3, type TestS3 } from './s3-server.ts';

let server: TestS3;
beforeAll(async () => {
  server = await startS3({
    plain: {},
    secret: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'arn:aws:kms:::key/1' },
          },
        ],
      },
    },
  });
});
afterAll(() => server.stop());

const KNOWN = {
  CRC32: { ChecksumCRC32: 'NhCmhg==' },
  CRC32C: { ChecksumCRC32C: 'mnG7TA==' },
  CRC64NVME: { ChecksumCRC64NVME: 'M3eFcAZSQlc=' },
  SHA1: { ChecksumSHA1: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' },
  SHA256: { ChecksumSHA256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=' },
};
const ALGORITHMS = Object.keys(KNOWN) as (keyof typeof KNOWN)[];

test.each(ALGORITHMS)('%s is stored and returned when it is asked for, as a header', async (algorithm) => {
  await server.client.send(new PutObjectCommand({ Bucket: 'plain', Key: algorithm, Body: 'hello', ...KNOWN[algorithm] }));
  const asked = await server.client.send(new HeadObjectCommand({ Bucket: 'plain', Key: algorithm, ChecksumMode: 'ENABLED' }));
  expect(asked).toMatchObject({ ...KNOWN[algorithm], ChecksumType: 'FULL_OBJECT' });
  const silent = await signedFetch(server.endpoint, 'HEAD', `/plain/${algorithm}`);
  expect(Object.keys(silent.headers).filter((name) => name.includes('checksum'))).toEqual([]);
});

test.each(['CRC32', 'SHA1', 'SHA256'] as ChecksumAlgorithm[])(
  '%s travels as a trailer of a stream too',
  async (ChecksumAlgorithm) => {
    const Body = Readable.from([Buffer.from('hel'), Buffer.from('lo')]);
    await server.client.send(
      new PutObjectCommand({ Bucket: 'plain', Key: 'trailer', Body, ContentLength: 5, ChecksumAlgorithm }),
    );
    const head = await server.client.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'trailer', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject(KNOWN[ChecksumAlgorithm as keyof typeof KNOWN]);
  },
);

test.each(ALGORITHMS)('a wrong %s is BadDigest and leaves nothing behind', async (algorithm) => {
  const Key = `wrong-${algorithm}`;
  const put = new PutObjectCommand({ Bucket: 'plain', Key, Body: 'hellO', ...KNOWN[algorithm] });
  expect(await refusal(server.client.send(put))).toEqual({ name: 'BadDigest', status: 400 });
  expect(await refusal(server.client.send(new HeadObjectCommand({ Bucket: 'plain', Key })))).toEqual({
    name: 'NotFound',
    status: 404,
  });
  expect(readdirSync(join(server.directory, 'plain', 'incoming'))).toEqual([]);
});

test('without any checksum of the client S3 computes CRC64NVME', async () => {
  await signedFetch(server.endpoint, 'PUT', '/plain/none', { body: 'hello' });
  const head = await server.client.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'none', ChecksumMode: 'ENABLED' }));
  expect(head).toMatchObject(KNOWN.CRC64NVME);
});

const md5 = (text: string) => createHash('md5').update(text).digest('base64');
const TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
const CHUNKED = {
  'content-encoding': 'aws-chunked',
  'x-amz-decoded-content-length': '5',
  'x-amz-trailer': 'x-amz-checksum-crc32',
};

test.each([
  ['a wrong Content-MD5', { headers: { 'content-md5': md5('other') }, body: 'hello' }, 'BadDigest'],
  ['a Content-MD5 that is none', { headers: { 'content-md5': 'xx' }, body: 'hello' }, 'InvalidDigest'],
  ['a wrong x-amz-content-sha256', { body: 'hello', payloadHash: '0'.repeat(64) }, 'XAmzContentSHA256Mismatch'],
  ['a checksum that is no base64 of four bytes', { headers: { 'x-amz-checksum-crc32': 'abc' }, body: 'hello' }, 'InvalidRequest'],
  [
    'two checksums',
    { headers: { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' }, body: 'hello' },
    'InvalidRequest',
  ],
  [
    'an announced checksum that does not come',
    { headers: { 'x-amz-sdk-checksum-algorithm': 'SHA256' }, body: 'hello' },
    'InvalidRequest',
  ],
  ['a checksum S3 has learnt since', { headers: { 'x-amz-checksum-sha512': 'x' }, body: 'hello' }, 'NotImplemented'],
  ['signed chunks', { payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', body: 'hello' }, 'NotImplemented'],
  ['chunks that end early', { headers: CHUNKED, payloadHash: TRAILER, body: '5\r\nhello\r\n' }, 'IncompleteBody'],
  [
    'chunks without their trailer',
    { headers: CHUNKED, payloadHash: TRAILER, body: '5\r\nhello\r\n0\r\n\r\n' },
    'MalformedTrailerError',
  ],
  [
    'chunks that say less than was announced',
    { headers: CHUNKED, payloadHash: TRAILER, body: '4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n' },
    'IncompleteBody',
  ],
  [
    'chunks that say more than was announced',
    { headers: CHUNKED, payloadHash: TRAILER, body: '6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n' },
    'IncompleteBody',
  ],
  ['a chunk longer than its size', { headers: CHUNKED, payloadHash: TRAILER, body: '4\r\nhello\r\n0\r\n\r\n' }, 'IncompleteBody'],
  [
    'a wrong trailer',
    { headers: CHUNKED, payloadHash: TRAILER, body: '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n' },
    'BadDigest',
  ],
])('%s is refused', async (_what, unusual, code) => {
  const answer = await signedFetch(server.endpoint, 'PUT', '/plain/refused', unusual);
  expect(answer.text).toContain(`<Code>${code}</Code>`);
  expect((await signedFetch(server.endpoint, 'HEAD', '/plain/refused')).status).toBe(404);
});

test('chunks cut at every byte are put together again', async () => {
  const body = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n';
  const { decodeAwsChunked } = await import('../../../../lib/local-engine/s3/aws-chunked.ts');
  for (let size = 1; size <= body.length; size++) {
    const cut = async function* () {
      for (let at = 0; at < body.length; at += size) yield Buffer.from(body.slice(at, at + size));
    };
    const trailers = new Map<string, string>();
    const slices: Buffer[] = [];
    for await (const slice of decodeAwsChunked(cut(), trailers)) slices.push(slice);
    expect(Buffer.concat(slices).toString()).toBe('hello');
    expect(trailers.get('x-amz-checksum-crc32')).toBe('NhCmhg==');
  }
});

test('a bucket with a KMS key names it on every object and its ETag is no MD5', async () => {
  const put = await server.client.send(new PutObjectCommand({ Bucket: 'secret', Key: 'k', Body: 'hello' }));
  const expected = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'arn:aws:kms:::key/1', BucketKeyEnabled: true };
  expect(put).toMatchObject(expected);
  const head = await server.client.send(new HeadObjectCommand({ Bucket: 'secret', Key: 'k' }));
  expect(head).toMatchObject({ ...expected, ETag: put.ETag });
  expect(put.ETag).not.toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
});

test('a request may choose another key, and nothing that is not modelled', async () => {
  const put = (more: object) => server.client.send(new PutObjectCommand({ Bucket: 'secret', Key: 'other', Body: 'x', ...more }));
  expect(await put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-2' })).toMatchObject({ SSEKMSKeyId: 'key-2' });
  expect(await put({ ServerSideEncryption: 'AES256' })).toMatchObject({ ServerSideEncryption: 'AES256' });
  expect(await refusal(put({ ServerSideEncryption: 'aws:kms:dsse' }))).toEqual({ name: 'NotImplemented', status: 501 });
  const read = await server.client.send(new GetObjectCommand({ Bucket: 'secret', Key: 'other' }));
  expect(read.ServerSideEncryption).toBe('AES256');
});
