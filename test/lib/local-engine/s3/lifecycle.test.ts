import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createS3 } from '../../../../lib/local-engine/s3/service.ts';
import { refusal, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const DAY = 86_400_000;
const TAGGED = { TagFilters: [{ Key: 'stay', Value: 'short' }] };
const Rules = [
  {
    Id: 'short stay',
    Status: 'Enabled',
    Prefix: 'a/',
    ...TAGGED,
    ExpirationInDays: 7,
    NoncurrentVersionExpiration: { NoncurrentDays: 14 },
  },
  { Id: 'cold', Status: 'Enabled', Prefix: 'cold/', Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 3 }] },
  {
    Id: 'rest',
    Status: 'Enabled',
    ExpiredObjectDeleteMarker: true,
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
  },
];

let server: TestS3;
/** How far the service's clock is ahead of the real one. */
let ahead = 0;
beforeEach(async () => {
  ahead = 0;
  const LifecycleConfiguration = { Rules };
  const buckets = {
    kept: { ...VERSIONED, LifecycleConfiguration },
    plain: { LifecycleConfiguration },
    locked: { ObjectLockEnabled: true, LifecycleConfiguration },
    free: VERSIONED,
  };
  server = await startS3(buckets, {}, { clock: () => new Date(Date.now() + ahead) });
});
afterEach(() => server.stop());

const put = async (Bucket: string, Key: string, more: Partial<PutObjectCommand['input']> = {}) =>
  (await server.client.send(new PutObjectCommand({ Bucket, Key, Body: 'bytes', Tagging: 'stay=short', ...more }))).VersionId!;
const head = (Bucket: string, Key: string, VersionId?: string) =>
  server.client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
const versions = async (Bucket: string) => {
  const { Versions = [], DeleteMarkers = [] } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
  return { versions: Versions.map(({ VersionId }) => VersionId), markers: DeleteMarkers.map(({ VersionId }) => VersionId) };
};
/** What lifecycle does when so many days have passed. */
const after = async (days: number) => {
  ahead = days * DAY;
  return (await server.s3.carryOutLifecycle()).map(({ bucket, key, versionId, rule, what }) => ({
    bucket,
    key,
    versionId,
    rule,
    what,
  }));
};

test('an object is hidden at its age, removed at that of its hiding, and its marker goes last', async () => {
  const versionId = await put('kept', 'a/one');
  const event = { bucket: 'kept', key: 'a/one', versionId, rule: 'short stay' };
  expect(await after(7)).toEqual([]);
  const [hidden, ...others] = await after(8);
  const { markers } = await versions('kept');
  expect([hidden, ...others]).toEqual([{ ...event, what: `hidden by the delete marker ${markers[0]}` }]);
  expect(await refusal(head('kept', 'a/one'))).toMatchObject({ status: 404 });
  expect((await head('kept', 'a/one', versionId)).ContentLength).toBe(5);
  const file = server.s3.locate('kept', 'a/one', versionId);

  expect(await after(22)).toEqual([]);
  expect(await after(23)).toEqual([{ ...event, what: 'removed' }]);
  expect(existsSync(file)).toBe(false);
  expect(await after(24)).toEqual([{ ...event, versionId: markers[0], rule: 'rest', what: 'delete marker removed' }]);
  expect(await versions('kept')).toEqual({ versions: [], markers: [] });
});

test('what another tag was put on in time stays, and so does what has none', async () => {
  await put('kept', 'a/one');
  await put('kept', 'a/two', { Tagging: undefined });
  await put('kept', 'b/three');
  const Tagging = { TagSet: [{ Key: 'stay', Value: 'long' }] };
  await server.client.send(new PutObjectTaggingCommand({ Bucket: 'kept', Key: 'a/one', Tagging }));
  expect(await after(9000)).toEqual([]);
});

test('where no versions are kept an object is gone at its age', async () => {
  await put('plain', 'a/one');
  expect(await after(8)).toEqual([{ bucket: 'plain', key: 'a/one', versionId: 'null', rule: 'short stay', what: 'removed' }]);
  expect(await refusal(head('plain', 'a/one'))).toMatchObject({ status: 404 });
});

test('a locked version outlives every rule, and goes when its lock is over', async () => {
  const ObjectLockRetainUntilDate = new Date(Date.now() + 100 * DAY);
  const versionId = await put('locked', 'a/one', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate });
  expect((await after(8)).map(({ what }) => what)).toEqual([expect.stringContaining('hidden by')]);
  expect(await after(99)).toEqual([]);
  expect(await after(101)).toEqual([{ bucket: 'locked', key: 'a/one', versionId, rule: 'short stay', what: 'removed' }]);
});

test('an object that moves can be read only after it was asked for', async () => {
  const Body = Buffer.alloc(128 * 1024);
  await put('kept', 'cold/large', { Body });
  await put('kept', 'cold/small');
  expect((await after(4)).map(({ key, what }) => [key, what])).toEqual([['cold/large', 'moved from STANDARD to GLACIER']]);
  expect((await head('kept', 'cold/large')).StorageClass).toBe('GLACIER');
  const read = server.client.send(new GetObjectCommand({ Bucket: 'kept', Key: 'cold/large' }));
  expect(await refusal(read)).toMatchObject({ name: 'InvalidObjectState' });
  expect(await after(5)).toEqual([]);
});

test('an upload that nobody completes is aborted', async () => {
  const { UploadId } = await server.client.send(new CreateMultipartUploadCommand({ Bucket: 'kept', Key: 'b/half' }));
  expect(await after(2)).toEqual([]);
  const what = `upload ${UploadId} aborted`;
  expect(await after(3)).toEqual([{ bucket: 'kept', key: 'b/half', versionId: null, rule: 'rest', what }]);
  const { Uploads = [] } = await server.client.send(new ListMultipartUploadsCommand({ Bucket: 'kept' }));
  expect(Uploads).toEqual([]);
});

test('GET, HEAD and the put itself tell when the current version expires, and by which rule', async () => {
  const { Expiration, VersionId } = await server.client.send(
    new PutObjectCommand({ Bucket: 'kept', Key: 'a/one', Body: 'x', Tagging: 'stay=short' }),
  );
  const midnight = new Date((Math.floor(Date.now() / DAY) + 8) * DAY).toUTCString();
  expect(Expiration).toBe(`expiry-date="${midnight}", rule-id="short%20stay"`);
  expect((await head('kept', 'a/one')).Expiration).toBe(Expiration);
  expect((await server.client.send(new GetObjectCommand({ Bucket: 'kept', Key: 'a/one' }))).Expiration).toBe(Expiration);
  await put('kept', 'a/one', { Tagging: undefined });
  expect((await head('kept', 'a/one')).Expiration).toBeUndefined();
  expect((await head('kept', 'a/one', VersionId)).Expiration).toBeUndefined();
});

test('what was done is in the log, a line each, and a folder without a server can be aged too', async () => {
  const versionId = await put('kept', 'a/one');
  const clock = () => new Date(Date.now() + 8 * DAY);
  const closed = createS3({ directory: server.directory, clock });
  const [event] = await closed.carryOutLifecycle();
  expect(event).toMatchObject({ bucket: 'kept', key: 'a/one', versionId, rule: 'short stay' });
  const lines = readFileSync(join(server.directory, '_lifecycle.jsonl'), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([event]);
  server.restart();
  expect(await refusal(head('kept', 'a/one'))).toMatchObject({ status: 404 });
});

test('a key that was written again meanwhile is not hidden', async () => {
  await put('kept', 'a/one');
  await server.client.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'a/one' }));
  ahead = 30 * DAY;
  const again = await put('kept', 'a/one');
  const removed = await server.s3.carryOutLifecycle();
  expect(removed.map(({ what }) => what)).toEqual(['removed']);
  expect((await head('kept', 'a/one')).VersionId).toBe(again);
});
