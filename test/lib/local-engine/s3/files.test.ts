import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { locateObject } from '../../../../lib/local-engine/s3/layout.ts';
import { refusal, signedHeaders, startS3, type TestS3, VERSIONED } from './s3-server.ts';

let server: TestS3;
beforeEach(async () => {
  server = await startS3({ kept: VERSIONED, plain: {} }, { responseChecksumValidation: 'WHEN_REQUIRED' });
});
afterEach(() => server.stop());

const put = async (Bucket: string, Key: string, Body: string) =>
  (await server.client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId ?? 'null';
const read = async (Bucket: string, Key: string, VersionId?: string) =>
  (await server.client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body!.transformToString();
const sizeOf = async (Bucket: string, Key: string) =>
  (await server.client.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength;

test('the located file holds the bytes of its version and nothing else', async () => {
  for (const bucket of ['kept', 'plain']) {
    const key = `a/../b ${'long'.repeat(200)}🙂`;
    const version = await put(bucket, key, 'the bytes');
    expect(readFileSync(locateObject(server.directory, bucket, key, version), 'utf8')).toBe('the bytes');
    expect(server.s3.locate(bucket, key, version)).toBe(locateObject(server.directory, bucket, key, version));
  }
});

test('two keys that read alike have files of their own', async () => {
  const [one, two] = [await put('kept', 'a/b', '1'), await put('kept', 'a_b', '2')];
  expect([await read('kept', 'a/b', one), await read('kept', 'a_b', two)]).toEqual(['1', '2']);
});

test('whoever edits, cuts or deletes the file is seen', async () => {
  const version = await put('kept', 'k', 'hello');
  const file = server.s3.locate('kept', 'k', version);
  appendFileSync(file, ' world');
  expect([await sizeOf('kept', 'k'), await read('kept', 'k')]).toEqual([11, 'hello world']);
  truncateSync(file, 2);
  expect([await sizeOf('kept', 'k'), await read('kept', 'k')]).toEqual([2, 'he']);
  rmSync(file);
  expect(await refusal(read('kept', 'k'))).toEqual({ name: 'NoSuchKey', status: 404 });
  expect(await refusal(read('kept', 'k', version))).toEqual({ name: 'NoSuchVersion', status: 404 });
});

test('everything is there after a restart', async () => {
  await put('kept', 'a', 'one');
  await put('plain', 'b', 'two');
  await put('plain', 'b', 'three');
  server.restart();
  expect([await read('kept', 'a'), await read('plain', 'b')]).toEqual(['one', 'three']);
});

test('a replaced object of an unversioned bucket leaves one file', async () => {
  for (const body of ['1', '2', '3']) await put('plain', 'k', body);
  expect(readdirSync(join(server.directory, 'plain', 'objects'))).toHaveLength(2);
});

test('a client that goes away in the middle leaves no object and no file', async () => {
  const url = new URL('/kept/half', server.endpoint);
  const headers = signedHeaders(url, 'PUT', { headers: { 'content-length': '1000000' }, payloadHash: 'UNSIGNED-PAYLOAD' });
  const half = request(url, { method: 'PUT', headers });
  half.on('error', () => {});
  half.write(Buffer.alloc(500_000));
  const incoming = join(server.directory, 'kept', 'incoming');
  await expect.poll(() => readdirSync(incoming), { timeout: 10_000 }).toHaveLength(1);
  half.destroy();
  await expect.poll(() => readdirSync(incoming), { timeout: 10_000 }).toEqual([]);
  expect(readdirSync(join(server.directory, 'kept', 'objects'))).toEqual([]);
});

test('what a killed engine left half-written is gone after the next start', async () => {
  const leftover = join(server.directory, 'kept', 'incoming', 'half');
  writeFileSync(leftover, 'half');
  server.restart();
  expect(existsSync(leftover)).toBe(false);
  expect((await server.client.send(new ListObjectsV2Command({ Bucket: 'kept' }))).KeyCount).toBe(0);
});

test('one damaged metadata file takes one object away and not the bucket', async () => {
  const version = await put('kept', 'bad', 'x');
  await put('kept', 'good', 'y');
  writeFileSync(`${server.s3.locate('kept', 'bad', version)}.json`, '{ "key": ');
  server.restart();
  expect(await read('kept', 'good')).toBe('y');
  expect(await refusal(read('kept', 'bad'))).toEqual({ name: 'NoSuchKey', status: 404 });
});

test('a name from outside cannot lead out of the folder', () => {
  expect(() => locateObject(server.directory, '..', 'k', 'v')).toThrow(TypeError);
  expect(() => locateObject(server.directory, 'kept', 'k', '../v')).toThrow(TypeError);
});
