import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refusal, signedHeaders, startS3, type TestS3, VERSIONED } from './s3-server.ts';

let server: TestS3;
beforeEach(async () => {
  server = await startS3({ kept: VERSIONED });
});
afterEach(() => server.stop());

const put = (Body: string, condition: object = {}) =>
  server.client.send(new PutObjectCommand({ Bucket: 'kept', Key: 'lock', Body, ...condition }));
const remove = (condition: object = {}) =>
  server.client.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'lock', ...condition }));
const read = async () =>
  (await server.client.send(new GetObjectCommand({ Bucket: 'kept', Key: 'lock' }))).Body!.transformToString();

test('If-None-Match: * creates once and never overwrites', async () => {
  await put('first', { IfNoneMatch: '*' });
  expect(await refusal(put('second', { IfNoneMatch: '*' }))).toEqual({ name: 'PreconditionFailed', status: 412 });
  expect(await read()).toBe('first');
});

test('a delete marker does not block If-None-Match: *', async () => {
  await put('first');
  await remove();
  await put('second', { IfNoneMatch: '*' });
  expect(await read()).toBe('second');
});

test('of ten writers at once with If-None-Match: * exactly one wins', async () => {
  const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => refusal(put(`writer ${i}`, { IfNoneMatch: '*' }))));
  expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome?.status === 412)).toHaveLength(9);
});

test('If-Match replaces only what was read', async () => {
  const { ETag: first } = await put('first');
  const { ETag: second } = await put('second', { IfMatch: first });
  expect(await refusal(put('late', { IfMatch: first }))).toEqual({ name: 'PreconditionFailed', status: 412 });
  await put('third', { IfMatch: second });
  expect(await read()).toBe('third');
});

test('If-Match on a key without an object is NoSuchKey', async () => {
  expect(await refusal(put('x', { IfMatch: '"abc"' }))).toEqual({ name: 'NoSuchKey', status: 404 });
});

test('a delete with If-Match releases only its own lock', async () => {
  const { ETag: mine } = await put('mine');
  await put('theirs');
  expect(await refusal(remove({ IfMatch: mine }))).toEqual({ name: 'PreconditionFailed', status: 412 });
  expect(await read()).toBe('theirs');
  const { ETag: theirs } = await put('theirs again');
  await remove({ IfMatch: theirs });
  expect(await refusal(read())).toEqual({ name: 'NoSuchKey', status: 404 });
  expect(await refusal(remove({ IfMatch: theirs }))).toEqual({ name: 'NoSuchKey', status: 404 });
});

test('a key deleted while a conditional write was running is a conflict', async () => {
  await put('first');
  await remove();
  // An upload that has begun and waits with its last byte.
  const url = new URL('/kept/lock', server.endpoint);
  const headers = { 'content-length': '2', 'if-none-match': '*' };
  const slow = request(url, { method: 'PUT', headers: signedHeaders(url, 'PUT', { headers, payloadHash: 'UNSIGNED-PAYLOAD' }) });
  const status = new Promise<number>((resolve, reject) => {
    slow.on('response', (response) => resolve(response.resume().statusCode!)).on('error', reject);
  });
  slow.write('a');
  await expect.poll(() => readdirSync(join(server.directory, 'kept', 'incoming')), { timeout: 10_000 }).toHaveLength(1);
  await put('between');
  await remove();
  slow.end('b');
  expect(await status).toBe(409);
});

test('conditions that S3 does not know on a write are refused and not ignored', async () => {
  expect(await refusal(put('x', { IfNoneMatch: '"abc"' }))).toEqual({ name: 'NotImplemented', status: 501 });
  expect(await refusal(put('x', { IfNoneMatch: '*', IfMatch: '"abc"' }))).toEqual({ name: 'NotImplemented', status: 501 });
});
