import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, signedFetch, startS3, type TestS3, VERSIONED } from './s3-server.ts';

let server: TestS3;
beforeAll(async () => {
  server = await startS3({ plain: {}, kept: VERSIONED });
});
afterAll(() => server.stop());

const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  server.client.send(new PutObjectCommand({ Bucket: 'plain', Key, Body, ...more }));
const get = async (Key: string, more: object = {}) => {
  const answer = await server.client.send(new GetObjectCommand({ Bucket: 'plain', Key, ...more }));
  return { ...answer, text: await answer.Body!.transformToString() };
};

test('an object comes back with the bytes, type, metadata and MD5 it was put with', async () => {
  await put('greeting.txt', 'hello', {
    ContentType: 'text/plain',
    CacheControl: 'no-store',
    Metadata: { Author: 'me', other: 'x  y' },
  });
  const answer = await get('greeting.txt');
  expect(answer.text).toBe('hello');
  expect(answer.ContentType).toBe('text/plain');
  expect(answer.CacheControl).toBe('no-store');
  expect(answer.Metadata).toEqual({ author: 'me', other: 'x  y' });
  expect(answer.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
  expect(answer.ServerSideEncryption).toBe('AES256');
  expect(answer.VersionId).toBeUndefined();
});

test('a stream of 20 MB in aws-chunked framing is stored without its framing', async () => {
  const block = createHash('sha512').update('seed').digest();
  const slices = Array.from({ length: 320 }, () => Buffer.alloc(65536, block));
  const length = 320 * 65536;
  await server.client.send(
    new PutObjectCommand({
      Bucket: 'plain',
      Key: 'stream',
      Body: Readable.from(slices),
      ContentLength: length,
      ContentEncoding: 'zstd',
    }),
  );
  const answer = await server.client.send(new GetObjectCommand({ Bucket: 'plain', Key: 'stream' }));
  const bytes = Buffer.from(await answer.Body!.transformToByteArray());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(createHash('sha256').update(Buffer.concat(slices)).digest('hex'));
  expect(answer.ContentEncoding).toBe('zstd');
});

test('an empty object is an object', async () => {
  await put('empty', Buffer.alloc(0));
  const answer = await get('empty');
  expect(answer.text).toBe('');
  expect(answer.ContentLength).toBe(0);
});

test.each([
  ['blanks and quotes', `a b/"c'd"&<e>.txt`],
  ['what must be percent-encoded', "%+?#[]@!$&'()*,;=:"],
  ['letters beyond ASCII', 'größe/日本/🙂'],
  ['dots that look like folders', '../../etc/passwd'],
  ['a slash in front and at the end', '/a//b/'],
  ['line breaks', 'a\nb\r\tc'],
  ['1,024 bytes', 'k'.repeat(1024)],
])('a key may hold %s', async (_what, key) => {
  await put(key, `bytes of ${key}`);
  expect((await get(key)).text).toBe(`bytes of ${key}`);
});

test('a key of 1,025 bytes is refused', async () => {
  expect(await refusal(put('k'.repeat(1025), 'x'))).toEqual({ name: 'KeyTooLongError', status: 400 });
});

test.each([
  ['bytes=0-4', 'hello', 'bytes 0-4/11'],
  ['bytes=6-', 'world', 'bytes 6-10/11'],
  ['bytes=-3', 'rld', 'bytes 8-10/11'],
  ['bytes=6-999', 'world', 'bytes 6-10/11'],
  ['bytes=-999', 'hello world', 'bytes 0-10/11'],
])('the range %s gives exactly these bytes', async (Range, text, contentRange) => {
  await put('ranged', 'hello world');
  const answer = await get('ranged', { Range });
  expect(answer.text).toBe(text);
  expect(answer.ContentRange).toBe(contentRange);
  expect(answer.$metadata.httpStatusCode).toBe(206);
});

test('a range behind the end is refused, one that is none gives the whole object', async () => {
  await put('ranged', 'hello world');
  expect(await refusal(get('ranged', { Range: 'bytes=11-' }))).toEqual({ name: 'InvalidRange', status: 416 });
  expect(await refusal(get('ranged', { Range: 'bytes=-0' }))).toEqual({ name: 'InvalidRange', status: 416 });
  expect((await get('ranged', { Range: 'lines=1-2' })).text).toBe('hello world');
  expect(await refusal(get('ranged', { Range: 'bytes=0-1,3-4' }))).toEqual({ name: 'NotImplemented', status: 501 });
});

test('a read may insist on an ETag or on a change', async () => {
  const { ETag } = await put('conditional', 'one');
  expect((await get('conditional', { IfMatch: ETag })).text).toBe('one');
  expect(await refusal(get('conditional', { IfMatch: '"other"' }))).toEqual({ name: 'PreconditionFailed', status: 412 });
  expect((await refusal(get('conditional', { IfNoneMatch: ETag })))?.status).toBe(304);
  expect((await get('conditional', { IfNoneMatch: '"other"' })).text).toBe('one');
});

test('HeadObject says the same as GetObject, without bytes', async () => {
  await put('headed', 'four');
  const head = await server.client.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'headed' }));
  expect(head.ContentLength).toBe(4);
  expect(head.ETag).toBe((await get('headed')).ETag);
  expect(head.LastModified?.getTime()).toBeLessThanOrEqual(Date.now());
});

test('what is not there is NoSuchKey or NoSuchBucket, with 404 for HEAD', async () => {
  expect(await refusal(get('absent'))).toEqual({ name: 'NoSuchKey', status: 404 });
  expect(await refusal(get('x', { Bucket: 'nowhere' }))).toEqual({ name: 'NoSuchBucket', status: 404 });
  expect(await refusal(server.client.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'absent' })))).toEqual({
    name: 'NotFound',
    status: 404,
  });
  expect(await refusal(server.client.send(new HeadBucketCommand({ Bucket: 'nowhere' })))).toEqual({
    name: 'NotFound',
    status: 404,
  });
});

test('without versioning an object is replaced and deleted for good', async () => {
  await put('replaced', 'one');
  await put('replaced', 'two');
  expect((await get('replaced')).text).toBe('two');
  await server.client.send(new DeleteObjectCommand({ Bucket: 'plain', Key: 'replaced' }));
  expect(await refusal(get('replaced'))).toEqual({ name: 'NoSuchKey', status: 404 });
});

test('an error is an S3 document with code, message, resource and request id', async () => {
  const answer = await signedFetch(server.endpoint, 'GET', '/plain/absent');
  expect(answer.status).toBe(404);
  expect(answer.text).toMatch(
    /<Error><Code>NoSuchKey<\/Code><Message>[^<]+<\/Message><Resource>\/plain\/absent<\/Resource><RequestId>[0-9A-F]{16}<\/RequestId><\/Error>$/,
  );
  expect(answer.text).toContain(String(answer.headers['x-amz-request-id']));
});

test('buckets are listed by name', async () => {
  const { Buckets } = await server.client.send(new ListBucketsCommand({}));
  expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['kept', 'plain']);
});

test('metadata beyond 2 KiB is refused', async () => {
  expect(await refusal(put('m', 'x', { Metadata: { a: 'v'.repeat(2048) } }))).toEqual({ name: 'MetadataTooLarge', status: 400 });
});
