import { readFileSync, rmSync, truncateSync } from 'node:fs';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketReplicationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { ServiceError } from '../../../../lib/local-engine/service-error.ts';
import { until } from '../../../support/until.ts';
import { refusal, startS3, type TestS3, type TestS3Options, VERSIONED } from './s3-server.ts';

const DAY = 86_400_000;
const LOCKS = { ObjectLockEnabled: true };
const SOURCE_KEY = 'arn:aws:kms:us-east-1:000000000000:key/source';
const REPLICA_KEY = 'arn:aws:kms:us-west-2:000000000000:key/replica';

type Rule = Record<string, unknown>;

function rule({ Destination, ...more }: Rule = {}): Rule {
  return {
    Id: 'all',
    Status: 'Enabled',
    Priority: 1,
    Filter: { Prefix: 'kept/' },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: 'arn:aws:s3:::replica', ...(Destination as object) },
    ...more,
  };
}

function replicating(...Rules: Rule[]): Record<string, unknown> {
  return { ...VERSIONED, ReplicationConfiguration: { Role: 'arn:aws:iam::000000000000:role/copier', Rules } };
}

let server: TestS3;
/** The keys that KMS refuses now. */
const disabled = new Set<string>();
afterEach(async () => {
  disabled.clear();
  await server.stop();
});

async function start(source: Record<string, unknown>, replica: Record<string, unknown> = VERSIONED, options: TestS3Options = {}) {
  const requireKey = async (key: string) => {
    if (disabled.has(key)) throw new ServiceError('DisabledException', `${key} is disabled.`);
  };
  server = await startS3({ source, replica }, {}, Object.assign(options, { requireKey }));
  await begin();
}

async function begin() {
  onTestFinished(await server.s3.startReplication());
}

const put = async (Key: string, more: Partial<PutObjectCommand['input']> = {}) =>
  (await server.client.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'bytes', ...more }))).VersionId!;
const head = (Bucket: string, Key: string, VersionId?: string) =>
  server.client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
const status = async (Key: string, VersionId?: string) => (await head('source', Key, VersionId)).ReplicationStatus;
const ended = (Key: string, expected = 'COMPLETED', VersionId?: string) =>
  until(async () => (await status(Key, VersionId)) === expected, 30_000, `${Key} is ${expected}`);
const read = async (Bucket: string, Key: string, VersionId?: string) =>
  (await server.client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body!.transformToString();
const tags = async (Bucket: string, Key: string) =>
  (await server.client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
const versions = async (Bucket: string) => {
  const { Versions = [], DeleteMarkers = [] } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
  return [...Versions, ...DeleteMarkers].map(({ VersionId }) => VersionId);
};

test('a new version is pending, then completed, and its replica has its id, time, bytes, tags and metadata', async () => {
  await start(replicating(rule()), VERSIONED, { replicationMilliseconds: 2000 });
  const VersionId = await put('kept/k', { Tagging: 'a=1', Metadata: { by: 'hand' }, ContentType: 'text/plain' });
  expect(await status('kept/k')).toBe('PENDING');
  expect(await refusal(head('replica', 'kept/k'))).toMatchObject({ status: 404 });
  await ended('kept/k');
  const [source, replica] = [await head('source', 'kept/k'), await head('replica', 'kept/k')];
  expect(replica).toMatchObject({ VersionId, ReplicationStatus: 'REPLICA', Metadata: { by: 'hand' }, ContentType: 'text/plain' });
  expect([replica.LastModified, replica.ETag, replica.ContentLength]).toEqual([source.LastModified, source.ETag, 5]);
  expect([await read('replica', 'kept/k'), await tags('replica', 'kept/k')]).toEqual(['bytes', [{ Key: 'a', Value: '1' }]]);
});

test('versions are replicated in their order, and one made of parts like any other', async () => {
  await start(replicating(rule()));
  const ids = [
    await put('kept/k', { Body: 'one' }),
    await put('kept/k', { Body: 'two' }),
    await put('kept/k', { Body: 'three' }),
  ];
  const at = { Bucket: 'source', Key: 'kept/parts' };
  const { UploadId } = await server.client.send(new CreateMultipartUploadCommand(at));
  const { ETag, ChecksumCRC32 } = await server.client.send(
    new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'part' }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  await server.client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  await ended('kept/parts');
  expect(await Promise.all(ids.map((id) => read('replica', 'kept/k', id)))).toEqual(['one', 'two', 'three']);
  expect([await read('replica', 'kept/k'), await read('replica', 'kept/parts')]).toEqual(['three', 'part']);
});

test('what no rule means, or was there before, is not replicated and has no status', async () => {
  await start(VERSIONED);
  await put('kept/before');
  const secret = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: SOURCE_KEY } as const;
  await server.s3.createBucket('source', replicating(rule(), rule({ Id: 'off', Status: 'Disabled', Filter: {}, Priority: 2 })));
  await begin();
  await put('other/k');
  await put('kept/secret', secret);
  await put('kept/cold', { StorageClass: 'GLACIER' });
  await put('kept/last');
  await ended('kept/last');
  for (const key of ['kept/before', 'other/k', 'kept/secret', 'kept/cold'])
    expect([key, await status(key)]).toEqual([key, undefined]);
  expect(await versions('replica')).toHaveLength(1);
});

test('rules choose by tags, and the one with the highest priority decides', async () => {
  const And = { Prefix: 'kept/', TagFilters: [{ Key: 'a', Value: '1' }] };
  const cold = { Id: 'cold', Priority: 2, Filter: { And }, Destination: { StorageClass: 'GLACIER_IR' } };
  await start(replicating(rule(), rule(cold)));
  await put('kept/warm');
  await put('kept/tagged', { Tagging: 'a=1&b=2' });
  await ended('kept/tagged');
  expect((await head('replica', 'kept/warm')).StorageClass).toBeUndefined();
  expect((await head('replica', 'kept/tagged')).StorageClass).toBe('GLACIER_IR');
});

test('tags, locks and holds that change later change on the replica too', async () => {
  await start({ ...replicating(rule()), ...LOCKS }, { ...VERSIONED, ...LOCKS });
  const until1 = new Date(Math.ceil(Date.now() / 1000) * 1000 + DAY);
  const until2 = new Date(until1.getTime() + DAY);
  await put('kept/k', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until1 });
  await ended('kept/k');
  expect(await head('replica', 'kept/k')).toMatchObject({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until1 });
  const Tagging = { TagSet: [{ Key: 'a', Value: '2' }] };
  await server.client.send(new PutObjectTaggingCommand({ Bucket: 'source', Key: 'kept/k', Tagging }));
  const Retention = { Mode: 'COMPLIANCE', RetainUntilDate: until2 } as const;
  await server.client.send(new PutObjectRetentionCommand({ Bucket: 'source', Key: 'kept/k', Retention }));
  await ended('kept/k');
  expect((await head('replica', 'kept/k')).ObjectLockRetainUntilDate).toEqual(until2);
  expect(await tags('replica', 'kept/k')).toEqual(Tagging.TagSet);
});

test('a replica of what has no lock gets the lock of its own bucket', async () => {
  const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 3 } };
  const replica = { ...LOCKS, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule } };
  await start(replicating(rule()), replica);
  await put('kept/k');
  await ended('kept/k');
  expect((await head('replica', 'kept/k')).ObjectLockMode).toBe('GOVERNANCE');
  expect((await head('source', 'kept/k')).ObjectLockMode).toBeUndefined();
});

test('deletions are not replicated: the replica outlives its source', async () => {
  await start(replicating(rule()));
  const VersionId = await put('kept/k');
  await ended('kept/k');
  await server.client.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'kept/k' }));
  await server.client.send(new DeleteObjectCommand({ Bucket: 'source', Key: 'kept/k', VersionId }));
  await put('kept/next');
  await ended('kept/next');
  expect(await read('replica', 'kept/k')).toBe('bytes');
});

test('a replica that somebody removed does not come back by a change of its source', async () => {
  await start(replicating(rule()));
  const VersionId = await put('kept/k');
  await ended('kept/k');
  await server.client.send(new DeleteObjectCommand({ Bucket: 'replica', Key: 'kept/k', VersionId }));
  const Tagging = { TagSet: [{ Key: 'a', Value: '2' }] };
  await server.client.send(new PutObjectTaggingCommand({ Bucket: 'source', Key: 'kept/k', Tagging }));
  await ended('kept/k', 'FAILED');
  expect(await versions('replica')).toEqual([]);
});

test('a replica is encrypted by the key of its own region', async () => {
  const SourceSelectionCriteria = { SseKmsEncryptedObjects: { Status: 'Enabled' } };
  const Destination = { EncryptionConfiguration: { ReplicaKmsKeyID: REPLICA_KEY } };
  await start(replicating(rule({ SourceSelectionCriteria, Destination })));
  const secret = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: SOURCE_KEY } as const;
  await put('kept/k', secret);
  await ended('kept/k');
  expect((await head('replica', 'kept/k')).SSEKMSKeyId).toBe(REPLICA_KEY);
  disabled.add(REPLICA_KEY);
  await put('kept/k2', secret);
  await ended('kept/k2', 'FAILED');
  disabled.clear();
  const Tagging = { TagSet: [{ Key: 'a', Value: '2' }] };
  await server.client.send(new PutObjectTaggingCommand({ Bucket: 'source', Key: 'kept/k2', Tagging }));
  await put('kept/k3', secret);
  await ended('kept/k3');
  expect(await status('kept/k2')).toBe('FAILED');
});

test.each([
  ['there is no such bucket', { Destination: { Bucket: 'arn:aws:s3:::nowhere' } }, VERSIONED, {}],
  ['it keeps no versions', {}, {}, {}],
  ['it has no locks', {}, VERSIONED, { ObjectLockLegalHoldStatus: 'ON' }],
] as const)('a version stays FAILED where the destination cannot take it: %s', async (_name, more, replica, lock) => {
  await start({ ...replicating(rule(more)), ...LOCKS }, replica);
  await put('kept/k', lock);
  await ended('kept/k', 'FAILED');
  server.restart();
  await begin();
  expect(await status('kept/k')).toBe('FAILED');
  expect(await versions('replica')).toEqual([]);
});

test('bytes that were lost before they could be copied fail the replication, and damage to one file harms no other', async () => {
  await start(replicating(rule()), VERSIONED, { replicationMilliseconds: 2000 });
  const lost = await put('kept/lost');
  rmSync(server.s3.locate('source', 'kept/lost', lost));
  const whole = await put('kept/whole');
  await until(async () => (await status('kept/whole')) === 'COMPLETED', 30_000, 'the second is replicated');
  truncateSync(server.s3.locate('source', 'kept/whole', whole), 1);
  expect(readFileSync(server.s3.locate('replica', 'kept/whole', whole), 'utf8')).toBe('bytes');
  expect(await versions('replica')).toEqual([whole]);
});

test('what a killed engine left pending is replicated by the next, once', async () => {
  const options: TestS3Options = { replicationMilliseconds: 60_000 };
  await start(replicating(rule()), VERSIONED, options);
  const first = await put('kept/k', { Body: 'one' });
  const second = await put('kept/k', { Body: 'two' });
  expect(await status('kept/k')).toBe('PENDING');
  options.replicationMilliseconds = 0;
  for (let turn = 0; turn < 2; turn += 1) {
    server.restart();
    await begin();
    await ended('kept/k');
  }
  expect(await versions('replica')).toEqual([second, first]);
  expect(await read('replica', 'kept/k')).toBe('two');
});

test('lifecycle leaves alone what is not replicated yet', async () => {
  let ahead = 0;
  const Rules = [{ Id: 'week', Status: 'Enabled', ExpirationInDays: 7, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }];
  const source = { ...replicating(rule({ Destination: { Bucket: 'arn:aws:s3:::nowhere' } })), LifecycleConfiguration: { Rules } };
  await start(source, VERSIONED, { clock: () => new Date(Date.now() + ahead) });
  await put('kept/failed');
  await put('other/free');
  await ended('kept/failed', 'FAILED');
  ahead = 30 * DAY;
  expect((await server.s3.carryOutLifecycle()).map(({ key }) => key)).toEqual(['other/free']);
});

test('the configuration is told as S3 tells it', async () => {
  await start(replicating(rule({ SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Disabled' } } })));
  const { ReplicationConfiguration } = await server.client.send(new GetBucketReplicationCommand({ Bucket: 'source' }));
  expect(ReplicationConfiguration).toEqual({
    Role: 'arn:aws:iam::000000000000:role/copier',
    Rules: [
      {
        ID: 'all',
        Priority: 1,
        Status: 'Enabled',
        Filter: { Prefix: 'kept/' },
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Disabled' } },
        Destination: { Bucket: 'arn:aws:s3:::replica' },
        DeleteMarkerReplication: { Status: 'Disabled' },
      },
    ],
  });
  const none = server.client.send(new GetBucketReplicationCommand({ Bucket: 'replica' }));
  expect(await refusal(none)).toEqual({ name: 'ReplicationConfigurationNotFoundError', status: 404 });
});

test.each([
  ['no versions', { ...replicating(rule()), VersioningConfiguration: undefined }],
  ['rules of the first version', replicating({ ...rule(), Filter: undefined, Prefix: 'kept/' })],
  ['delete markers', replicating(rule({ DeleteMarkerReplication: { Status: 'Enabled' } }))],
  ['changes of replicas', replicating(rule({ SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' } } }))],
  ['existing objects', replicating(rule({ ExistingObjectReplication: { Status: 'Enabled' } }))],
  ['KMS without a key', replicating(rule({ SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } } }))],
  ['two destinations', replicating(rule(), rule({ Priority: 2, Destination: { Bucket: 'arn:aws:s3:::third' } }))],
  ['two rules of one priority', replicating(rule(), rule())],
  ['a name instead of an ARN', replicating(rule({ Destination: { Bucket: 'replica' } }))],
  ['a class that is not carried out', replicating(rule({ Destination: { StorageClass: 'INTELLIGENT_TIERING' } }))],
  ['a field of tomorrow', replicating(rule({ Surprise: 1 }))],
])('a configuration with %s is refused when the bucket is made', async (_name, properties) => {
  await start(VERSIONED);
  await expect(server.s3.createBucket('refused', properties)).rejects.toThrow('ReplicationConfiguration');
});
