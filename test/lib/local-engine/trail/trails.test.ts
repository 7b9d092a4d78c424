import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { EngineOptions } from '../../../../lib/local-engine/engine.ts';
import { roleResource } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';
import { refusal } from '../s3/s3-server.ts';

type Detail = Record<string, unknown> & { eventName: string };

const shelves = 'arn:aws:s3:::shop-shelf/flowers/';
const writing = {
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    { Field: 'readOnly', Equals: ['false'] },
    { Field: 'resources.ARN', StartsWith: [shelves] },
  ],
};

function shop(trail?: object) {
  const Trail = {
    Type: 'AWS::CloudTrail::Trail',
    Properties: { TrailName: 'watch', IsLogging: true, S3BucketName: { Ref: 'Logs' }, S3KeyPrefix: 'calls', ...trail },
  };
  return {
    Resources: {
      Clerk: roleResource,
      Key: { Type: 'AWS::KMS::Key', Properties: {} },
      Shelf: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } },
      Logs: { Type: 'AWS::S3::Bucket', Properties: {} },
      News: { Type: 'AWS::SNS::Topic', Properties: {} },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.s3'], 'detail-type': ['AWS API Call via CloudTrail'] },
          Targets: [{ Id: 'News', Arn: { Ref: 'News' }, InputPath: '$.detail' }],
        },
      },
      NewsForRules: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: {
          Topics: [{ Ref: 'News' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'events.amazonaws.com' },
                Action: 'sns:Publish',
                Resource: { Ref: 'News' },
              },
            ],
          },
        },
      },
      ...(trail && { Trail }),
    },
    Outputs: { Key: { Value: { Ref: 'Key' } } },
  };
}

async function opened(trail?: object) {
  const options: EngineOptions = shopOptions(shop(trail));
  const { engine } = await started(options);
  const { endpoint, region, operatorCredentials } = engine;
  const clientOf = (credentials: typeof operatorCredentials) => new S3Client({ endpoint, region, credentials, maxAttempts: 1 });
  const client = clientOf(operatorCredentials);
  const clerk = clientOf(await engine.credentialsFor('Shop-Clerk'));
  return {
    engine,
    client,
    clerk,
    kms: new KMSClient({ endpoint, region, credentials: operatorCredentials, maxAttempts: 1 }),
    put: (Key: string, by = client) => by.send(new PutObjectCommand({ Bucket: 'shop-shelf', Key, Body: 'bytes' })),
    /** The details of all events that the rule has delivered. */
    events: async (): Promise<Detail[]> => {
      await engine.idle();
      const outbox = join(options.directory, 'outbox');
      const messages = readdirSync(outbox)
        .sort()
        .map((file) => JSON.parse(readFileSync(join(outbox, file), 'utf8')).message);
      return messages.map((message) => JSON.parse(message) as Detail);
    },
    /** Log files by their keys, with their records. */
    logFiles: async (): Promise<[string, Detail[]][]> => {
      await engine.idle();
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'shop-logs' }));
      return Promise.all(
        Contents.map(async ({ Key }): Promise<[string, Detail[]]> => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: 'shop-logs', Key }));
          return [Key!, JSON.parse(gunzipSync(await Body!.transformToByteArray()).toString()).Records];
        }),
      );
    },
  };
}

test('a call that a selector selects is an event at once and a record in a log file', async () => {
  const { put, clerk, client, events, logFiles } = await opened({ AdvancedEventSelectors: [writing] });
  const { VersionId } = await put('flowers/rose', clerk);
  await put('stones/agate');
  await client.send(new GetObjectCommand({ Bucket: 'shop-shelf', Key: 'flowers/rose' }));
  await client.send(new DeleteObjectCommand({ Bucket: 'shop-shelf', Key: 'flowers/rose', VersionId }));
  const told = await events();
  expect(told.map(({ eventName }) => eventName)).toEqual(['PutObject', 'DeleteObject']);
  expect(told[0]).toMatchObject({
    eventSource: 's3.amazonaws.com',
    awsRegion: 'us-east-1',
    readOnly: false,
    userIdentity: {
      type: 'AssumedRole',
      arn: expect.stringMatching(/^arn:aws:sts::000000000000:assumed-role\/Shop-Clerk\//),
      sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::000000000000:role/Shop-Clerk', userName: 'Shop-Clerk' } },
    },
    requestParameters: { bucketName: 'shop-shelf', key: 'flowers/rose' },
    resources: [{ type: 'AWS::S3::Object', ARN: `${shelves}rose` }, { ARN: 'arn:aws:s3:::shop-shelf' }],
  });
  expect(told[1]).toMatchObject({
    userIdentity: { type: 'IAMUser', userName: 'operator' },
    requestParameters: { bucketName: 'shop-shelf', key: 'flowers/rose', versionId: VersionId },
  });
  const [[key, records] = ['', []], ...others] = await logFiles();
  expect(others).toEqual([]);
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  expect(key).toMatch(
    new RegExp(
      `^calls/AWSLogs/000000000000/CloudTrail/us-east-1/${day}/000000000000_CloudTrail_us-east-1_\\d{8}T\\d{4}Z_\\w+\\.json\\.gz$`,
    ),
  );
  expect(records).toEqual(told);
});

test('a call that was refused is recorded with its error', async () => {
  const EventSelectors = [{ DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::shop-shelf/'] }] }];
  const { client, events } = await opened({ EventSelectors });
  await refusal(client.send(new GetObjectCommand({ Bucket: 'shop-shelf', Key: 'nothing' })));
  await client.send(new GetBucketVersioningCommand({ Bucket: 'shop-shelf' }));
  expect(await events()).toMatchObject([
    { eventName: 'GetObject', errorCode: 'NoSuchKey', requestParameters: { key: 'nothing' } },
  ]);
});

test('calls on a bucket are selected by their prefix, and a deletion of many keys names none', async () => {
  const { client, events } = await opened({
    EventSelectors: [{ DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::shop-shelf/'] }] }],
  });
  await client.send(new ListObjectsV2Command({ Bucket: 'shop-shelf', Prefix: 'flowers/' }));
  await client.send(new DeleteObjectsCommand({ Bucket: 'shop-shelf', Delete: { Objects: [{ Key: 'flowers/rose' }] } }));
  const told = await events();
  expect(told.map(({ eventName, resources }) => [eventName, (resources as object[])[0]])).toEqual([
    ['ListObjects', { type: 'AWS::S3::Object', ARNPrefix: shelves }],
    ['DeleteObjects', { type: 'AWS::S3::Object', ARNPrefix: 'arn:aws:s3:::shop-shelf/' }],
  ]);
  expect(JSON.stringify(told[1])).not.toContain('rose');
});

test('without a trail, and with one that is switched off, nothing is recorded', async () => {
  for (const trail of [undefined, { AdvancedEventSelectors: [writing], IsLogging: false }]) {
    const { put, events, logFiles } = await opened(trail);
    await put('flowers/rose');
    expect([await events(), await logFiles()]).toEqual([[], []]);
  }
});

test('log files whose key cannot be used are delivered when it can', async () => {
  const { put, kms, engine, logFiles } = await opened({
    AdvancedEventSelectors: [writing],
    KMSKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
  });
  const { Key: KeyId } = engine.outputs('Shop');
  await kms.send(new DisableKeyCommand({ KeyId }));
  await put('flowers/rose');
  expect(await logFiles()).toEqual([]);
  await kms.send(new EnableKeyCommand({ KeyId }));
  expect((await logFiles()).flatMap(([, records]) => records)).toHaveLength(1);
});

test('what a trail or a bucket cannot deliver is refused with the assembly', async () => {
  const Nowhere = { Type: 'AWS::S3::Bucket', Properties: { LoggingConfiguration: { DestinationBucketName: 'nowhere' } } };
  const Locked = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } };
  const resources = {
    Trail: { Type: 'AWS::CloudTrail::Trail', Properties: { IsLogging: true, S3BucketName: 'nowhere', SnsTopicName: 'x' } },
    Nowhere,
    Watched: { Type: 'AWS::S3::Bucket', Properties: { LoggingConfiguration: { DestinationBucketName: { Ref: 'Safe' } } } },
    Safe: { Type: 'AWS::S3::Bucket', Properties: { ObjectLockEnabled: true, ObjectLockConfiguration: Locked } },
  };
  const told = (part: object) => started(shopOptions({ Resources: { Clerk: roleResource, ...part } }));
  await expect(told({ Trail: resources.Trail })).rejects.toThrow(/Trail .*SnsTopicName/);
  const { SnsTopicName: _, ...Properties } = resources.Trail.Properties;
  await expect(told({ Trail: { ...resources.Trail, Properties } })).rejects.toThrow(/nowhere is no bucket/);
  await expect(told({ Nowhere })).rejects.toThrow(/LoggingConfiguration: nowhere is no bucket/);
  await expect(told({ Watched: resources.Watched, Safe: resources.Safe })).rejects.toThrow(/shop-safe locks objects by default/);
});
