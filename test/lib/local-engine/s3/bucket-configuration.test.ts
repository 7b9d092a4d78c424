import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startS3, type TestS3, VERSIONED } from './s3-server.ts';

const RULES = [
  { Id: 'daily', Status: 'Enabled', Prefix: 's/', TagFilters: [{ Key: 'retention', Value: 'daily' }], ExpirationInDays: 7 },
  {
    Id: 'markers',
    Status: 'Enabled',
    ExpiredObjectDeleteMarker: true,
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
  },
  {
    Id: 'old',
    Status: 'Disabled',
    TagFilters: [{ Key: 'a', Value: 'b' }],
    NoncurrentVersionExpiration: { NoncurrentDays: 14, NewerNoncurrentVersions: 2 },
  },
  { Id: 'cold', Status: 'Enabled', Prefix: 'c/', Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }] },
];

let server: TestS3;
beforeAll(async () => {
  server = await startS3({
    plain: {},
    ruled: { ...VERSIONED, LifecycleConfiguration: { Rules: RULES }, PublicAccessBlockConfiguration: { BlockPublicAcls: true } },
  });
});
afterAll(() => server.stop());

test('a bucket answers with the versioning, place and rules of its template', async () => {
  expect((await server.client.send(new GetBucketVersioningCommand({ Bucket: 'ruled' }))).Status).toBe('Enabled');
  expect((await server.client.send(new GetBucketVersioningCommand({ Bucket: 'plain' }))).Status).toBeUndefined();
  expect((await server.client.send(new GetBucketLocationCommand({ Bucket: 'plain' }))).$metadata.httpStatusCode).toBe(200);
  expect((await server.client.send(new HeadBucketCommand({ Bucket: 'plain' }))).BucketRegion).toBe('us-east-1');
  const { Rules } = await server.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'ruled' }));
  expect(Rules).toEqual([
    {
      ID: 'daily',
      Status: 'Enabled',
      Filter: { And: { Prefix: 's/', Tags: [{ Key: 'retention', Value: 'daily' }] } },
      Expiration: { Days: 7 },
    },
    {
      ID: 'markers',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      Expiration: { ExpiredObjectDeleteMarker: true },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    },
    {
      ID: 'old',
      Status: 'Disabled',
      Filter: { Tag: { Key: 'a', Value: 'b' } },
      NoncurrentVersionExpiration: { NoncurrentDays: 14, NewerNoncurrentVersions: 2 },
    },
    { ID: 'cold', Status: 'Enabled', Filter: { Prefix: 'c/' }, Transitions: [{ Days: 30, StorageClass: 'GLACIER_IR' }] },
  ]);
});

test('a bucket without rules says so', async () => {
  const rules = server.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'plain' }));
  expect(await refusal(rules)).toEqual({ name: 'NoSuchLifecycleConfiguration', status: 404 });
});

test('properties that would not be carried out are refused by name', async () => {
  await expect(server.s3.createBucket('copied', { ReplicationConfiguration: {} })).rejects.toThrow('ReplicationConfiguration');
  await expect(server.s3.createBucket('open', { AccessControl: 'PublicRead' })).rejects.toThrow('PublicRead');
  const rule = { Status: 'Enabled', Surprise: 1 };
  await expect(server.s3.createBucket('ruled2', { LifecycleConfiguration: { Rules: [rule] } })).rejects.toThrow('Surprise');
  const half = {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { Ref: 'Key' } } },
      ],
    },
  };
  await expect(server.s3.createBucket('secret', half)).rejects.toThrow('KMSMasterKeyID');
  await expect(server.s3.createBucket('Bad_Name', {})).rejects.toThrow('Bad_Name');
});

test('a bucket made again takes the new properties and keeps its objects', async () => {
  await server.s3.createBucket('again', {});
  await server.client.send(new PutObjectCommand({ Bucket: 'again', Key: 'k', Body: 'x' }));
  await server.s3.createBucket('again', VERSIONED);
  server.restart();
  expect((await server.client.send(new GetBucketVersioningCommand({ Bucket: 'again' }))).Status).toBe('Enabled');
  const second = await server.client.send(new PutObjectCommand({ Bucket: 'again', Key: 'k', Body: 'y' }));
  expect(second.VersionId).not.toBe('null');
});
