import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refusal, signedFetch, startS3, type TestS3, VERSIONED } from './s3-server.ts';

let server: TestS3;
beforeEach(async () => {
  server = await startS3({ kept: VERSIONED, paused: { VersioningConfiguration: { Status: 'Suspended' } } });
});
afterEach(() => server.stop());

const put = async (Key: string, Body: string, Bucket = 'kept') =>
  (await server.client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId!;
const get = async (Key: string, VersionId?: string, Bucket = 'kept') =>
  (await server.client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body!.transformToString();
const remove = (Key: string, VersionId?: string) =>
  server.client.send(new DeleteObjectCommand({ Bucket: 'kept', Key, VersionId }));
const versions = (more: object = {}) => server.client.send(new ListObjectVersionsCommand({ Bucket: 'kept', ...more }));

test('an overwritten version stays readable by its id', async () => {
  const first = await put('k', 'one');
  const second = await put('k', 'two');
  expect(first).not.toBe(second);
  expect(await get('k')).toBe('two');
  expect(await get('k', first)).toBe('one');
});

test('a delete hides the key behind a marker and takes no version away', async () => {
  const version = await put('k', 'one');
  const marker = await remove('k');
  expect(marker.DeleteMarker).toBe(true);
  const hidden = await signedFetch(server.endpoint, 'GET', '/kept/k');
  expect([hidden.status, hidden.headers['x-amz-delete-marker']]).toEqual([404, 'true']);
  expect(await refusal(get('k', marker.VersionId))).toEqual({ name: 'MethodNotAllowed', status: 405 });
  expect(await get('k', version)).toBe('one');
  expect((await server.client.send(new ListObjectsV2Command({ Bucket: 'kept' }))).KeyCount).toBe(0);
});

test('removing the marker brings the object back, removing the version destroys it', async () => {
  const version = await put('k', 'one');
  const marker = await remove('k');
  expect((await remove('k', marker.VersionId)).DeleteMarker).toBe(true);
  expect(await get('k')).toBe('one');
  expect((await remove('k', version)).DeleteMarker).toBeUndefined();
  expect(await refusal(get('k'))).toEqual({ name: 'NoSuchKey', status: 404 });
  expect(await refusal(get('k', version))).toEqual({ name: 'NoSuchVersion', status: 404 });
});

test('deleting what is not there succeeds, as in S3', async () => {
  expect((await remove('absent', 'no-such-version')).$metadata.httpStatusCode).toBe(204);
  expect((await remove('absent')).DeleteMarker).toBe(true);
});

test('versions are listed by key and the newest first, each key with one latest', async () => {
  const [a1, b1, a2] = [await put('a', '1'), await put('b', '22'), await put('a', '333')];
  const { VersionId: marker } = await remove('b');
  const { Versions, DeleteMarkers } = await versions();
  expect(Versions?.map((v) => [v.Key, v.VersionId, v.IsLatest, v.Size])).toEqual([
    ['a', a2, true, 3],
    ['a', a1, false, 1],
    ['b', b1, false, 2],
  ]);
  expect(DeleteMarkers?.map((v) => [v.Key, v.VersionId, v.IsLatest])).toEqual([['b', marker, true]]);
});

test('pages of versions miss nothing and repeat nothing', async () => {
  for (const key of ['a', 'b', 'b', 'b', 'c/1', 'c/2', 'd']) await put(key, 'x');
  await remove('b');
  const seen: string[] = [];
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (let page = 0; page < 20; page++) {
    const answer = await versions({ MaxKeys: 2, ...marker });
    seen.push(...[...(answer.Versions ?? []), ...(answer.DeleteMarkers ?? [])].map((v) => `${v.Key} ${v.VersionId}`));
    if (!answer.IsTruncated) break;
    marker = { KeyMarker: answer.NextKeyMarker, VersionIdMarker: answer.NextVersionIdMarker };
  }
  expect(seen).toHaveLength(8);
  expect(new Set(seen).size).toBe(8);
});

test('versions are grouped by a delimiter, also across pages', async () => {
  for (const key of ['a', 'c/1', 'c/2', 'd/1', 'e']) await put(key, 'x');
  const first = await versions({ Delimiter: '/', MaxKeys: 2 });
  expect(first.CommonPrefixes?.map((p) => p.Prefix)).toEqual(['c/']);
  const second = await versions({ Delimiter: '/', KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker });
  expect(second.CommonPrefixes?.map((p) => p.Prefix)).toEqual(['d/']);
  expect(second.Versions?.map((v) => v.Key)).toEqual(['e']);
});

test('a page goes on behind a version that was removed meanwhile', async () => {
  for (const body of ['1', '2', '3']) await put('k', body);
  const first = await versions({ MaxKeys: 1 });
  await remove('k', first.NextVersionIdMarker);
  const rest = await versions({ KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker });
  expect(rest.Versions).toHaveLength(2);
});

test('DeleteObjects reports each object and removes versions or adds markers', async () => {
  const version = await put('a', '1');
  await put('b', '2');
  const objects = [{ Key: 'a', VersionId: version }, { Key: 'b' }, { Key: 'b', ETag: '"wrong"' }];
  const answer = await server.client.send(new DeleteObjectsCommand({ Bucket: 'kept', Delete: { Objects: objects } }));
  expect(answer.Deleted?.map((d) => [d.Key, d.VersionId, d.DeleteMarker])).toEqual([
    ['a', version, undefined],
    ['b', undefined, true],
  ]);
  expect(answer.Errors?.map((e) => [e.Key, e.Code])).toEqual([['b', 'NoSuchKey']]);
  expect(await refusal(get('a', version))).toEqual({ name: 'NoSuchVersion', status: 404 });
});

test('while versioning is suspended the version "null" is replaced', async () => {
  expect(await put('k', 'one', 'paused')).toBe('null');
  expect(await put('k', 'two', 'paused')).toBe('null');
  expect(await get('k', 'null', 'paused')).toBe('two');
  const { Versions } = await server.client.send(new ListObjectVersionsCommand({ Bucket: 'paused' }));
  expect(Versions).toHaveLength(1);
});

test('a version keeps its place in time when two writes share a millisecond and after a restart', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.unshift(await put('k', String(i)));
  server.restart();
  ids.unshift(await put('k', 'after'));
  expect((await versions()).Versions?.map((v) => v.VersionId)).toEqual(ids);
  const head = await server.client.send(new HeadObjectCommand({ Bucket: 'kept', Key: 'k' }));
  expect(head.VersionId).toBe(ids[0]);
});
