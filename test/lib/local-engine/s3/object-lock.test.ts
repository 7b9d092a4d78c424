import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockMode,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, signedFetch, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const DAY = 86_400_000;
const LOCKABLE = { ObjectLockEnabled: true };
const DEFAULT = { Mode: 'GOVERNANCE', Days: 1 };
const denied = { name: 'AccessDenied', status: 403 };

let server: TestS3;
/** How far the service's clock is ahead of the real one. */
let ahead = 0;
beforeAll(async () => {
  const buckets = {
    locks: LOCKABLE,
    defaults: { ...LOCKABLE, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: DEFAULT } } },
    plain: VERSIONED,
  };
  server = await startS3(buckets, {}, { clock: () => new Date(Date.now() + ahead) });
});
afterAll(() => server.stop());

const begun = Math.floor(Date.now() / 1000) * 1000;
const inDays = (days: number) => new Date(begun + days * DAY);
const put = async (Key: string, lock: Partial<PutObjectCommand['input']> = {}, Bucket = 'locks') =>
  (await server.client.send(new PutObjectCommand({ Bucket, Key, Body: 'bytes', ...lock }))).VersionId!;
const locked = (mode: ObjectLockMode, days = 10) => ({ ObjectLockMode: mode, ObjectLockRetainUntilDate: inDays(days) });
const head = (Key: string, VersionId?: string, Bucket = 'locks') =>
  server.client.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
const remove = (Key: string, VersionId?: string, BypassGovernanceRetention?: boolean) =>
  server.client.send(new DeleteObjectCommand({ Bucket: 'locks', Key, VersionId, BypassGovernanceRetention }));
const relock = (
  Key: string,
  Retention: { Mode?: ObjectLockMode; RetainUntilDate?: Date },
  BypassGovernanceRetention?: boolean,
  VersionId?: string,
) => server.client.send(new PutObjectRetentionCommand({ Bucket: 'locks', Key, VersionId, Retention, BypassGovernanceRetention }));
const hold = (Key: string, Status: 'ON' | 'OFF') =>
  server.client.send(new PutObjectLegalHoldCommand({ Bucket: 'locks', Key, LegalHold: { Status } }));

/** Lets the work see another time than the real one. */
async function later<T>(days: number, work: () => Promise<T>): Promise<T> {
  ahead = days * DAY;
  try {
    return await work();
  } finally {
    ahead = 0;
  }
}

test('a version locked by COMPLIANCE goes for nobody before its time, and then for anybody', async () => {
  const version = await put('compliance', locked('COMPLIANCE'));
  expect(await refusal(remove('compliance', version))).toEqual(denied);
  expect(await refusal(remove('compliance', version, true))).toEqual(denied);
  await later(9.9, async () => expect(await refusal(remove('compliance', version, true))).toEqual(denied));
  server.restart();
  expect(await refusal(remove('compliance', version))).toEqual(denied);
  await later(10.1, async () => expect(await refusal(remove('compliance', version))).toBeUndefined());
});

test('a version locked by GOVERNANCE goes for who says that he passes over it', async () => {
  const version = await put('governance', locked('GOVERNANCE'));
  expect(await refusal(remove('governance', version))).toEqual(denied);
  expect(await refusal(remove('governance', version, false))).toEqual(denied);
  expect(await refusal(remove('governance', version, true))).toBeUndefined();
});

test('a legal hold keeps a version until it is lifted, whatever else is said', async () => {
  const version = await put('held', { ObjectLockLegalHoldStatus: 'ON' });
  expect(await refusal(remove('held', version, true))).toEqual(denied);
  await later(40_000, async () => expect(await refusal(remove('held', version))).toEqual(denied));
  expect((await head('held')).ObjectLockLegalHoldStatus).toBe('ON');
  await hold('held', 'OFF');
  const answer = await server.client.send(new GetObjectLegalHoldCommand({ Bucket: 'locks', Key: 'held' }));
  expect(answer.LegalHold).toEqual({ Status: 'OFF' });
  expect(await refusal(remove('held', version))).toBeUndefined();
});

test('a locked key can be hidden, and its marker can go again', async () => {
  const version = await put('hidden', locked('COMPLIANCE'));
  const { DeleteMarker, VersionId: marker } = await remove('hidden');
  expect(DeleteMarker).toBe(true);
  const period = server.client.send(new GetObjectRetentionCommand({ Bucket: 'locks', Key: 'hidden', VersionId: marker }));
  expect(await refusal(period)).toEqual({ name: 'MethodNotAllowed', status: 405 });
  await put('hidden');
  expect(await refusal(remove('hidden', marker))).toBeUndefined();
  expect(await refusal(remove('hidden', version))).toEqual(denied);
});

test('DeleteObjects removes what it may and names what it may not', async () => {
  const [kept, gone] = [await put('one', locked('COMPLIANCE')), await put('two')];
  const Objects = [
    { Key: 'one', VersionId: kept },
    { Key: 'two', VersionId: gone },
  ];
  const { Deleted, Errors } = await server.client.send(new DeleteObjectsCommand({ Bucket: 'locks', Delete: { Objects } }));
  expect(Deleted).toEqual([Objects[1]]);
  const Message = 'Access Denied because object protected by object lock.';
  expect(Errors).toEqual([{ ...Objects[0], Code: 'AccessDenied', Message }]);
});

test.each([
  ['GOVERNANCE, longer', 'GOVERNANCE', { Mode: 'GOVERNANCE', RetainUntilDate: inDays(11) }, false, true],
  ['COMPLIANCE, longer', 'COMPLIANCE', { Mode: 'COMPLIANCE', RetainUntilDate: inDays(11) }, false, true],
  ['GOVERNANCE, shorter', 'GOVERNANCE', { Mode: 'GOVERNANCE', RetainUntilDate: inDays(9) }, false, false],
  ['GOVERNANCE, shorter, bypassed', 'GOVERNANCE', { Mode: 'GOVERNANCE', RetainUntilDate: inDays(9) }, true, true],
  ['COMPLIANCE, shorter, bypassed', 'COMPLIANCE', { Mode: 'COMPLIANCE', RetainUntilDate: inDays(9) }, true, false],
  ['GOVERNANCE, to COMPLIANCE', 'GOVERNANCE', { Mode: 'COMPLIANCE', RetainUntilDate: inDays(11) }, false, false],
  ['COMPLIANCE, to GOVERNANCE, bypassed', 'COMPLIANCE', { Mode: 'GOVERNANCE', RetainUntilDate: inDays(11) }, true, false],
  ['GOVERNANCE, taken away', 'GOVERNANCE', {}, false, false],
  ['GOVERNANCE, taken away, bypassed', 'GOVERNANCE', {}, true, true],
  ['COMPLIANCE, taken away, bypassed', 'COMPLIANCE', {}, true, false],
] as const)('a lock by %s is changed only where S3 changes it', async (name, mode, next, bypass, allowed) => {
  const version = await put(name, locked(mode));
  expect(await refusal(relock(name, next, bypass, version))).toEqual(allowed ? undefined : denied);
  const { ObjectLockMode, ObjectLockRetainUntilDate } = await head(name);
  const { Mode, RetainUntilDate } = allowed ? { Mode: undefined, RetainUntilDate: undefined, ...next } : lockedOf(mode);
  expect({ ObjectLockMode, ObjectLockRetainUntilDate }).toEqual({
    ObjectLockMode: Mode,
    ObjectLockRetainUntilDate: RetainUntilDate,
  });
});

const lockedOf = (mode: ObjectLockMode) => ({ Mode: mode, RetainUntilDate: inDays(10) });

test('a lock that is over can be replaced by any other', async () => {
  const version = await put('over', locked('COMPLIANCE', 1));
  await later(2, async () => {
    expect(await refusal(relock('over', { Mode: 'GOVERNANCE', RetainUntilDate: inDays(3) }))).toBeUndefined();
  });
  expect(await refusal(remove('over', version, true))).toBeUndefined();
});

test('GET and HEAD tell the lock, and GetObjectRetention tells the same', async () => {
  const lock = { ...locked('GOVERNANCE'), ObjectLockLegalHoldStatus: 'ON' as const };
  const version = await put('told', lock);
  expect(await head('told')).toMatchObject(lock);
  expect(await server.client.send(new GetObjectCommand({ Bucket: 'locks', Key: 'told' }))).toMatchObject(lock);
  await put('told');
  const period = await server.client.send(new GetObjectRetentionCommand({ Bucket: 'locks', Key: 'told', VersionId: version }));
  expect(period.Retention).toEqual({ Mode: 'GOVERNANCE', RetainUntilDate: lock.ObjectLockRetainUntilDate });
  const none = server.client.send(new GetObjectRetentionCommand({ Bucket: 'locks', Key: 'told' }));
  expect(await refusal(none)).toEqual({ name: 'NoSuchObjectLockConfiguration', status: 404 });
});

test('the bucket locks what nobody locked, from the moment of its creation', async () => {
  const version = await put('by-default', {}, 'defaults');
  const { ObjectLockMode, ObjectLockRetainUntilDate, LastModified } = await head('by-default', version, 'defaults');
  expect(ObjectLockMode).toBe('GOVERNANCE');
  expect(Math.abs(ObjectLockRetainUntilDate!.getTime() - LastModified!.getTime() - DAY)).toBeLessThan(1000);
  await put('own', locked('COMPLIANCE', 5), 'defaults');
  expect(await head('own', undefined, 'defaults')).toMatchObject(locked('COMPLIANCE', 5));
});

test('an upload in parts is locked as its beginning said, or as the bucket says', async () => {
  for (const [Bucket, lock] of [
    ['locks', locked('COMPLIANCE')],
    ['defaults', {}],
  ] as const) {
    const at = { Bucket, Key: 'parts' };
    const { UploadId } = await server.client.send(new CreateMultipartUploadCommand({ ...at, ...lock }));
    const part = await server.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'bytes' }));
    const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 }];
    await server.client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    expect(await head('parts', undefined, Bucket)).toMatchObject(Bucket === 'locks' ? lock : { ObjectLockMode: 'GOVERNANCE' });
  }
});

test('bytes for a locked object are taken only with a checksum that can be checked', async () => {
  const lock = { 'x-amz-object-lock-mode': 'GOVERNANCE', 'x-amz-object-lock-retain-until-date': inDays(1).toISOString() };
  const bare = await signedFetch(server.endpoint, 'PUT', '/locks/bare', { headers: lock, body: 'x' });
  expect([bare.status, bare.text]).toEqual([
    400,
    expect.stringContaining('Content-MD5 OR x-amz-checksum- HTTP header is required'),
  ]);
  expect((await signedFetch(server.endpoint, 'PUT', '/defaults/bare', { body: 'x' })).text).toContain('InvalidRequest');
  expect((await signedFetch(server.endpoint, 'PUT', '/locks/bare', { body: 'x' })).status).toBe(200);
  const md5 = { ...lock, 'content-md5': createHash('md5').update('x').digest('base64') };
  expect((await signedFetch(server.endpoint, 'PUT', '/locks/checked', { headers: md5, body: 'x' })).status).toBe(200);
});

test.each([
  ['a mode without a date', { 'x-amz-object-lock-mode': 'GOVERNANCE' }, 'must both be supplied'],
  ['a date without a mode', { 'x-amz-object-lock-retain-until-date': '2099-01-01T00:00:00Z' }, 'must both be supplied'],
  ['a mode that is none', lockText('governance', '2099-01-01T00:00:00Z'), 'Unknown wormMode directive'],
  ['a date that is none', lockText('GOVERNANCE', 'tomorrow'), 'ISO 8601'],
  ['a date in the past', lockText('GOVERNANCE', '2020-01-01T00:00:00Z'), 'must be in the future'],
  ['a hold that is none', { 'x-amz-object-lock-legal-hold': 'on' }, "either of 'ON' or 'OFF'"],
] as [string, Record<string, string>, string][])('%s is refused', async (_name, headers, message) => {
  const { status, text } = await signedFetch(server.endpoint, 'PUT', '/locks/wrong', { headers, body: 'x' });
  expect(status).toBe(400);
  expect(text).toContain('<Code>InvalidArgument</Code>');
  expect(text.replaceAll('&#x27;', "'")).toContain(message);
});

function lockText(mode: string, until: string): Record<string, string> {
  return { 'x-amz-object-lock-mode': mode, 'x-amz-object-lock-retain-until-date': until };
}

test('a bucket without locks refuses them by name', async () => {
  const at = { Bucket: 'plain', Key: 'k' };
  await put('k', {}, 'plain');
  const invalid = { name: 'InvalidRequest', status: 400 };
  expect(await refusal(put('k', locked('GOVERNANCE'), 'plain'))).toEqual(invalid);
  expect(await refusal(server.client.send(new GetObjectRetentionCommand(at)))).toEqual(invalid);
  const LegalHold = { Status: 'ON' as const };
  expect(await refusal(server.client.send(new PutObjectLegalHoldCommand({ ...at, LegalHold })))).toEqual(invalid);
  const configuration = server.client.send(new GetObjectLockConfigurationCommand({ Bucket: 'plain' }));
  expect(await refusal(configuration)).toEqual({ name: 'ObjectLockConfigurationNotFoundError', status: 404 });
  const bypassed = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  expect(await refusal(server.client.send(bypassed))).toEqual({ name: 'InvalidArgument', status: 400 });
});

test('the configuration is told as the template says it, and brings versioning with it', async () => {
  const ask = async (Bucket: string) =>
    (await server.client.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration;
  expect(await ask('locks')).toEqual({ ObjectLockEnabled: 'Enabled' });
  expect(await ask('defaults')).toEqual({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: DEFAULT } });
  expect((await server.client.send(new GetBucketVersioningCommand({ Bucket: 'locks' }))).Status).toBe('Enabled');
});

test.each([
  ['suspended versioning', { ...LOCKABLE, VersioningConfiguration: { Status: 'Suspended' } }],
  ['a rule without locks', { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } }],
  ['two periods', rule({ Mode: 'GOVERNANCE', Days: 1, Years: 1 })],
  ['no period', rule({ Mode: 'GOVERNANCE' })],
  ['another mode', rule({ Mode: 'FOREVER', Days: 1 })],
  ['a period of nothing', rule({ Mode: 'GOVERNANCE', Days: 0 })],
  ['a field of tomorrow', rule({ Mode: 'GOVERNANCE', Days: 1, DefaultEventHold: {} })],
])('%s is refused when the bucket is made', async (_name, properties) => {
  await expect(server.s3.createBucket('refused', properties)).rejects.toThrow(/Object ?Lock/);
});

function rule(byDefault: object): Record<string, unknown> {
  return { ...LOCKABLE, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: byDefault } } };
}

test('locks can come to a bucket later and never go from it', async () => {
  await server.s3.createBucket('late', VERSIONED);
  await server.s3.createBucket('late', { ...VERSIONED, ...LOCKABLE });
  await put('k', locked('COMPLIANCE'), 'late');
  await expect(server.s3.createBucket('late', VERSIONED)).rejects.toThrow('cannot be switched off');
});
