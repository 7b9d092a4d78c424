import { join } from 'node:path';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { startEngine } from '../../../lib/local-engine/start-engine.ts';
import { quietEngine } from '../../support/quiet-engine.ts';
import { type ForeignStack, roleResource, writeAssembly } from './foreign-assembly.ts';
import { hostCommands, scratchFolder, started } from './foreign-engine.ts';
import { refusal } from './s3/s3-server.ts';

quietEngine();
const VersioningConfiguration = { Status: 'Enabled' };
const kms = (KMSMasterKeyID: unknown) => ({
  ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } }],
});
const Key = { Type: 'AWS::KMS::Key', Properties: {} };
const Name = { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/name', TargetKeyId: { Ref: 'Key' } } };

/** A bucket here whose objects are replicated to one in another region, as CDK synthesizes it with fixed names. */
const stacks: Record<string, ForeignStack> = {
  Near: {
    Resources: {
      Clerk: roleResource,
      Key,
      Name,
      Shelf: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          BucketName: 'shelf-near',
          VersioningConfiguration,
          BucketEncryption: kms({ 'Fn::GetAtt': ['Key', 'Arn'] }),
          ReplicationConfiguration: {
            Role: { 'Fn::GetAtt': ['Clerk', 'Arn'] },
            Rules: [
              {
                Id: 'all',
                Status: 'Enabled',
                Priority: 1,
                Filter: { Prefix: '' },
                DeleteMarkerReplication: { Status: 'Disabled' },
                SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
                Destination: {
                  Bucket: 'arn:aws:s3:::shelf-far',
                  EncryptionConfiguration: { ReplicaKmsKeyID: 'arn:aws:kms:us-west-2:000000000000:alias/name' },
                },
              },
            ],
          },
        },
      },
    },
  },
  Far: {
    region: 'us-west-2',
    Resources: {
      Key,
      Name,
      Shelf: {
        Type: 'AWS::S3::Bucket',
        Properties: { BucketName: 'shelf-far', VersioningConfiguration, BucketEncryption: kms({ 'Fn::GetAtt': ['Key', 'Arn'] }) },
      },
    },
  },
};

async function opened(of = stacks) {
  const directory = scratchFolder();
  const { engine } = await started({ directory, assembly: writeAssembly(join(directory, 'cdk.out'), of), hostCommands });
  const clientIn = (region: string) => {
    const { endpoint, operatorCredentials: credentials } = engine;
    return new S3Client({ endpoint, region, credentials, maxAttempts: 1 });
  };
  return { engine, near: clientIn('us-east-1'), far: clientIn('us-west-2') };
}

test('what is put into a bucket is in its replica of another region when the engine is idle', async () => {
  const { engine, near, far } = await opened();
  const { VersionId } = await near.send(new PutObjectCommand({ Bucket: 'shelf-near', Key: 'k', Body: 'bytes' }));
  await engine.idle();
  const replica = await far.send(new GetObjectCommand({ Bucket: 'shelf-far', Key: 'k', VersionId }));
  expect([await replica.Body!.transformToString(), replica.ReplicationStatus]).toEqual(['bytes', 'REPLICA']);
  expect(replica.SSEKMSKeyId).toMatch(/^arn:aws:kms:us-west-2:/);
  expect(engine.report).toContainEqual(expect.stringContaining('on the same disk'));
});

/** All that a role needs to copy: the two buckets, and each key in its region; the far one by its alias. */
const copying = [
  ['s3:GetReplicationConfiguration', 'arn:aws:s3:::shelf-near'],
  ['s3:ListBucket', 'arn:aws:s3:::shelf-near'],
  ['s3:GetObjectVersionForReplication', 'arn:aws:s3:::shelf-near/*'],
  ['s3:GetObjectVersionAcl', 'arn:aws:s3:::shelf-near/*'],
  ['s3:GetObjectVersionTagging', 'arn:aws:s3:::shelf-near/*'],
  ['s3:ReplicateObject', 'arn:aws:s3:::shelf-far/*'],
  ['s3:ReplicateTags', 'arn:aws:s3:::shelf-far/*'],
  ['kms:Decrypt', 'arn:aws:kms:us-east-1:*:key/*'],
  ['kms:Encrypt', 'arn:aws:kms:us-west-2:*:key/*'],
] as const;

function statement([Action, Resource]: (typeof copying)[number]) {
  const Condition = Action === 'kms:Encrypt' && {
    'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/name' },
    StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' },
  };
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

async function replicatedAs(rights: readonly (typeof copying)[number][]) {
  const PolicyDocument = { Version: '2012-10-17', Statement: rights.map(statement) };
  const { Resources } = stacks.Near!;
  const Clerk = {
    ...roleResource,
    Properties: { ...roleResource.Properties, Policies: [{ PolicyName: 'Copying', PolicyDocument }] },
  };
  const { engine, near } = await opened({ ...stacks, Near: { Resources: { ...Resources, Clerk } } });
  const at = { Bucket: 'shelf-near', Key: 'k' };
  await near.send(new PutObjectCommand({ ...at, Body: 'x', Tagging: 'a=b' }));
  await engine.idle();
  return (await near.send(new HeadObjectCommand(at))).ReplicationStatus;
}

test('the role of a replication needs every right to copy, and without one the object stays FAILED', async () => {
  expect(await replicatedAs(copying)).toBe('COMPLETED');
  for (const [left] of copying)
    expect([left, await replicatedAs(copying.filter(([action]) => action !== left))]).toEqual([left, 'FAILED']);
});

test('a key and an alias are known in their own region only, also where another has the same name', async () => {
  const { engine } = await opened();
  const { endpoint, operatorCredentials: credentials } = engine;
  const describe = async (region: string, KeyId = 'alias/name') => {
    const client = new KMSClient({ endpoint, region, credentials, maxAttempts: 1 });
    return (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.Arn!;
  };
  const [near, far] = [await describe('us-east-1'), await describe('us-west-2')];
  expect([near.split(':')[3], far.split(':')[3]]).toEqual(['us-east-1', 'us-west-2']);
  expect(await refusal(describe('us-east-1', far))).toEqual({ name: 'NotFoundException', status: 400 });
});

test('a bucket answers in its own region only, and anywhere where it lies', async () => {
  const { near, far } = await opened();
  const at = { Bucket: 'shelf-far' };
  expect((await far.send(new HeadBucketCommand(at))).BucketRegion).toBe('us-west-2');
  expect((await near.send(new GetBucketLocationCommand(at))).LocationConstraint).toBe('us-west-2');
  const put = near.send(new PutObjectCommand({ ...at, Key: 'k', Body: 'x' }));
  expect(await refusal(put)).toEqual({ name: 'PermanentRedirect', status: 301 });
});

test('what runs can run at home only, and logs stay in their region', async () => {
  const directory = scratchFolder();
  const LoggingConfiguration = { DestinationBucketName: 'logs-near' };
  const assembly = writeAssembly(join(directory, 'cdk.out'), {
    Near: { Resources: { Logs: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'logs-near' } } } },
    Far: {
      region: 'us-west-2',
      Resources: {
        News: { Type: 'AWS::SNS::Topic', Properties: {} },
        Shelf: { Type: 'AWS::S3::Bucket', Properties: { LoggingConfiguration } },
      },
    },
  });
  const refused = await startEngine({ directory, assembly, hostCommands }).catch((error: Error) => error.message);
  expect(refused).toMatch(/Far \/ News \/ Type: .*AWS::SNS::Topic in us-east-1 only, not in us-west-2/);
  expect(refused).toMatch(/Far \/ Shelf .*logs-near lies in us-east-1/);
});
