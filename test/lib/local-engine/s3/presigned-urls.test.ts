import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startS3, type TestS3, VERSIONED } from './s3-server.ts';

const Bucket = 'kept';
let server: TestS3;
beforeAll(async () => {
  server = await startS3({ [Bucket]: VERSIONED });
});
afterAll(() => server.stop());

test('a presigned GET reads exactly the version it names, and ranges of it', async () => {
  const { VersionId } = await server.client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'first' }));
  await server.client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'second' }));
  const url = await getSignedUrl(server.client, new GetObjectCommand({ Bucket, Key: 'a b/ü', VersionId }), { expiresIn: 60 });
  expect(await (await fetch(url)).text()).toBe('first');
  expect(await (await fetch(url, { headers: { range: 'bytes=1-2' } })).text()).toBe('ir');
});

test('a presigned PUT carries its checksum and metadata in the query', async () => {
  const put = new PutObjectCommand({ Bucket, Key: 'put', Body: 'hello', Metadata: { a: 'b' } });
  const url = await getSignedUrl(server.client, put, { expiresIn: 60 });
  const wrong = await fetch(url, { method: 'PUT', body: 'HELLO' });
  expect([wrong.status, (await wrong.text()).includes('<Code>BadDigest</Code>')]).toEqual([400, true]);
  expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
  const read = await server.client.send(new GetObjectCommand({ Bucket, Key: 'put' }));
  expect([await read.Body!.transformToString(), read.Metadata]).toEqual(['hello', { a: 'b' }]);
});

test('a changed URL is refused with an S3 document', async () => {
  const url = await getSignedUrl(server.client, new GetObjectCommand({ Bucket, Key: 'put' }), { expiresIn: 60 });
  const answer = await fetch(url.replace('/put?', '/other?'));
  expect([answer.status, (await answer.text()).includes('<Code>SignatureDoesNotMatch</Code>')]).toEqual([403, true]);
});
