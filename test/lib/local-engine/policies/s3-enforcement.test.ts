import {
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { quietEngine } from '../../../support/quiet-engine.ts';
import { reference, trust } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';
import { outcome, refused } from './refused.ts';

const Bucket = 'garden';
const bucket = `arn:aws:s3:::${Bucket}`;
const ACCOUNT = reference('AWS::AccountId');

quietEngine();

interface Garden {
  /** Statements of the one role, `gardener`. */
  may: object[];
  /** Statements of the bucket's policy. */
  bucketSays?: object[];
  /** The bucket is encrypted with a key of its own. */
  key?: { bucketKey: boolean; policy?: object[] };
}

const objects = { Action: ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'], Resource: `${bucket}/*` };
const allowed = (more: object) => ({ Effect: 'Allow', ...more });

/** An engine with one bucket and one role, with a client for the role and one for the operator. */
async function garden({ may, bucketSays = [], key }: Garden) {
  const encryption = {
    BucketKeyEnabled: key?.bucketKey,
    ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] } },
  };
  const options = shopOptions({
    Resources: {
      Gardener: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'gardener',
          Path: '/green/',
          AssumeRolePolicyDocument: trust('lambda'),
          Policies: [{ PolicyName: 'may', PolicyDocument: { Version: '2012-10-17', Statement: may } }],
        },
      },
      Bucket: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          BucketName: Bucket,
          VersioningConfiguration: { Status: 'Enabled' },
          ...(key && { BucketEncryption: { ServerSideEncryptionConfiguration: [encryption] } }),
        },
      },
      ...(key && {
        Key: {
          Type: 'AWS::KMS::Key',
          Properties: key.policy ? { KeyPolicy: { Version: '2012-10-17', Statement: key.policy } } : {},
        },
      }),
      ...(bucketSays.length > 0 && {
        Says: {
          Type: 'AWS::S3::BucketPolicy',
          Properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: { Version: '2012-10-17', Statement: bucketSays } },
        },
      }),
    },
  });
  const { engine } = await started(options);
  const client = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    new S3Client({ endpoint: engine.endpoint, region: engine.region, credentials, forcePathStyle: true, maxAttempts: 1 });
  const operator = client(engine.operatorCredentials);
  const gardener = client(await engine.credentialsFor('gardener'));
  return { operator, gardener, refusals: () => refused(options.directory) };
}

const put = (Key: string, more: object = {}) => new PutObjectCommand({ Bucket, Key, Body: 'x', ...more });
const get = (Key: string) => new GetObjectCommand({ Bucket, Key });

describe('a refusal', () => {
  it('is a 403 in S3 words, and is on record with who, what and why', async () => {
    const { gardener, refusals } = await garden({ may: [allowed(objects)] });
    const error = await gardener.send(new ListObjectsV2Command({ Bucket, Prefix: 'beds/' })).catch((thrown: unknown) => thrown);
    const message =
      'User: arn:aws:sts::000000000000:assumed-role/gardener/gardener is not authorized to perform: s3:ListBucket on resource: ' +
      '"arn:aws:s3:::garden" because no identity-based policy allows the s3:ListBucket action';
    expect(error).toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 }, message });
    expect(refusals()).toMatchObject([
      {
        principal: 'arn:aws:sts::000000000000:assumed-role/gardener/gardener',
        action: 's3:ListBucket',
        resource: bucket,
        message,
        context: { 's3:prefix': 'beds/', 'aws:principalarn': 'arn:aws:iam::000000000000:role/green/gardener' },
      },
    ]);
  });

  it('by a bucket holds for the operator, who may do everything else', async () => {
    const bucketSays = [{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `${bucket}/secret/*` }];
    const { operator } = await garden({ may: [allowed(objects)], bucketSays });
    expect(await outcome(operator.send(put('secret/a')))).toBe('done');
    await expect(operator.send(get('secret/a'))).rejects.toThrow(
      /User: arn:aws:iam::000000000000:user\/operator .* with an explicit deny in a resource-based policy/,
    );
    expect(await outcome(operator.send(new ListObjectsV2Command({ Bucket })))).toBe('done');
  });

  it('by a bucket for a role, by its ARN with its path, leaves others alone', async () => {
    const bucketSays = [
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        NotAction: 's3:PutObject',
        Resource: [bucket, `${bucket}/*`],
        Condition: { ArnLike: { 'aws:PrincipalArn': { 'Fn::Sub': `arn:aws:iam::${ACCOUNT}:role/*/gardener` } } },
      },
    ];
    const { operator, gardener } = await garden({ may: [allowed({ Action: 's3:*', Resource: '*' })], bucketSays });
    expect(await outcome(gardener.send(put('a')))).toBe('done');
    expect(await outcome(gardener.send(get('a')))).toBe('AccessDenied');
    expect(await outcome(operator.send(get('a')))).toBe('done');
  });
});

describe('what policies may ask about', () => {
  const common = {
    'aws:currenttime': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    'aws:epochtime': expect.stringMatching(/^\d+$/),
    'aws:principalaccount': '000000000000',
    'aws:principalarn': 'arn:aws:iam::000000000000:role/green/gardener',
    'aws:principalisawsservice': 'false',
    'aws:principaltype': 'AssumedRole',
    'aws:requestedregion': 'us-east-1',
    'aws:resourceaccount': '000000000000',
    'aws:securetransport': 'true',
    'aws:sourceip': '127.0.0.1',
    'aws:viaawsservice': 'false',
    's3:authtype': 'REST-HEADER',
    's3:resourceaccount': '000000000000',
    's3:signatureage': expect.stringMatching(/^\d+$/),
    's3:signatureversion': 'AWS4-HMAC-SHA256',
    's3:x-amz-content-sha256': expect.stringMatching(/^([0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-.*)$/),
  };
  it.each<[what: string, call: (client: S3Client) => Promise<unknown>, context: object]>([
    [
      'a put',
      (client) =>
        client.send(
          put('a', {
            Tagging: 'colour=red',
            StorageClass: 'GLACIER',
            ServerSideEncryption: 'aws:kms',
            SSEKMSKeyId: 'k',
            IfNoneMatch: '*',
          }),
        ),
      {
        's3:if-none-match': '*',
        's3:objectcreationoperation': 'true',
        's3:requestobjecttag/colour': 'red',
        's3:requestobjecttagkeys': ['colour'],
        's3:x-amz-server-side-encryption': 'aws:kms',
        's3:x-amz-server-side-encryption-aws-kms-key-id': 'k',
        's3:x-amz-storage-class': 'GLACIER',
      },
    ],
    [
      'a put over what is known',
      (client) => client.send(put('a', { IfMatch: '"etag"' })),
      { 's3:if-match': 'etag', 's3:objectcreationoperation': 'true' },
    ],
    [
      'the beginning of an upload',
      (client) => client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'a' })),
      { 's3:objectcreationoperation': 'false' },
    ],
    [
      'a part of one',
      (client) => client.send(new UploadPartCommand({ Bucket, Key: 'a', UploadId: 'u', PartNumber: 1, Body: 'x' })),
      { 's3:objectcreationoperation': 'false' },
    ],
    ['a version', (client) => client.send(new GetObjectCommand({ Bucket, Key: 'a', VersionId: 'v' })), { 's3:versionid': 'v' }],
    [
      'a list',
      (client) => client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a', Delimiter: '/', MaxKeys: 3 })),
      { 's3:prefix': 'a', 's3:delimiter': '/', 's3:max-keys': '3' },
    ],
  ])('%s says of itself', async (_, call, context) => {
    const { gardener, refusals } = await garden({ may: [allowed({ Action: 's3:GetBucketLocation', Resource: bucket })] });
    await outcome(call(gardener));
    expect(refusals()).toHaveLength(1);
    expect(refusals()[0]!.context).toEqual({ ...common, ...context });
  });
});

describe('what is missing', () => {
  const listing = (prefix: string) =>
    allowed({ Action: 's3:ListBucket', Resource: bucket, Condition: { StringLike: { 's3:prefix': prefix } } });

  it('is told only to who may list it', async () => {
    const { gardener } = await garden({ may: [allowed(objects), listing('beds/*')] });
    expect(await outcome(gardener.send(get('beds/none')))).toBe('NoSuchKey');
    expect(await outcome(gardener.send(get('sheds/none')))).toBe('AccessDenied');
    expect(await outcome(gardener.send(new HeadObjectCommand({ Bucket, Key: 'beds/none' })))).toBe('NotFound');
    expect(await outcome(gardener.send(new HeadObjectCommand({ Bucket, Key: 'sheds/none' })))).toBe('403');
  });

  it('is refused to who may not read it, whether it is there or not', async () => {
    const { operator, gardener } = await garden({ may: [listing('*')] });
    await operator.send(put('there'));
    for (const Key of ['there', 'none']) await expect(gardener.send(get(Key))).rejects.toThrow(/s3:GetObject/);
  });

  it('may be listed below a prefix only', async () => {
    const { gardener } = await garden({ may: [listing('beds/*')] });
    expect(await outcome(gardener.send(new ListObjectsV2Command({ Bucket, Prefix: 'beds/roses' })))).toBe('done');
    expect(await outcome(gardener.send(new ListObjectsV2Command({ Bucket, Prefix: 'bed' })))).toBe('AccessDenied');
    expect(await outcome(gardener.send(new ListObjectsV2Command({ Bucket })))).toBe('AccessDenied');
  });
});

describe('tags', () => {
  it('of a request and of an object are asked for by policies', async () => {
    const { operator, gardener } = await garden({
      may: [
        allowed({
          ...objects,
          Action: ['s3:PutObject', 's3:PutObjectTagging'],
          Condition: {
            'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['colour'] },
            StringEqualsIfExists: { 's3:RequestObjectTag/colour': ['red', 'blue'] },
          },
        }),
        allowed({ ...objects, Action: 's3:GetObject', Condition: { StringEquals: { 's3:ExistingObjectTag/colour': 'red' } } }),
      ],
    });
    const tagging = (Key: string, name: string, Value: string) =>
      gardener.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: name, Value }] } }));
    expect(await outcome(gardener.send(put('a', { Tagging: 'colour=red' })))).toBe('done');
    expect(await outcome(gardener.send(put('b', { Tagging: 'colour=green' })))).toBe('AccessDenied');
    expect(await outcome(gardener.send(put('b', { Tagging: 'colour=red&size=5' })))).toBe('AccessDenied');
    expect(await outcome(gardener.send(get('a')))).toBe('done');
    expect(await outcome(tagging('a', 'size', '5'))).toBe('AccessDenied');
    expect(await outcome(tagging('a', 'colour', 'green'))).toBe('AccessDenied');
    expect(await outcome(tagging('a', 'colour', 'blue'))).toBe('done');
    expect(await outcome(gardener.send(get('a')))).toBe('AccessDenied');
    await operator.send(put('untagged'));
    expect(await outcome(gardener.send(get('untagged')))).toBe('AccessDenied');
  });
});

describe('several objects', () => {
  it('are deleted as far as the caller may, each with its own answer', async () => {
    const { operator, gardener } = await garden({
      may: [allowed({ Action: 's3:DeleteObject', Resource: `${bucket}/weeds/*` })],
    });
    for (const Key of ['weeds/a', 'roses/a']) await operator.send(put(Key));
    const { VersionId } = await operator.send(put('weeds/b'));
    const { Deleted, Errors } = await gardener.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'weeds/a' }, { Key: 'roses/a' }, { Key: 'weeds/b', VersionId }] },
      }),
    );
    expect(Deleted!.map(({ Key }) => Key)).toEqual(['weeds/a']);
    expect(Errors).toMatchObject([
      { Key: 'roses/a', Code: 'AccessDenied' },
      { Key: 'weeds/b', VersionId, Code: 'AccessDenied', Message: expect.stringContaining('s3:DeleteObjectVersion') },
    ]);
    expect(await outcome(operator.send(get('roses/a')))).toBe('done');
  });
});

describe('a key', () => {
  const through = (arn: string) => ({
    StringEquals: {
      'kms:ViaService': { 'Fn::Sub': `s3.${reference('AWS::Region')}.${reference('AWS::URLSuffix')}` },
      'kms:EncryptionContext:aws:s3:arn': arn,
    },
  });
  const keyRight = (arn: string) =>
    allowed({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: { 'Fn::GetAtt': ['Key', 'Arn'] },
      Condition: through(arn),
    });

  it.each([
    ['of the bucket', true, bucket, 'done'],
    ['of the bucket', true, `${bucket}/a`, 'AccessDenied'],
    ['of each object', false, `${bucket}/a`, 'done'],
    ['of each object', false, bucket, 'AccessDenied'],
  ])('%s (%s) is told %s: %s', async (_, bucketKey, arn, answer) => {
    const { gardener } = await garden({ may: [allowed(objects), keyRight(arn)], key: { bucketKey } });
    expect(await outcome(gardener.send(put('a')))).toBe(answer);
  });

  it('must agree, whatever the role may', async () => {
    const policy = [{ Effect: 'Allow', Principal: { AWS: ACCOUNT_ROOT }, Action: 'kms:GenerateDataKey', Resource: '*' }];
    const { gardener } = await garden({ may: [allowed(objects), keyRight(bucket)], key: { bucketKey: true, policy } });
    expect(await outcome(gardener.send(put('a')))).toBe('done');
    await expect(gardener.send(get('a'))).rejects.toThrow(
      /not authorized to perform: kms:Decrypt on resource: arn:aws:kms:\S+ because no resource-based policy allows the kms:Decrypt action/,
    );
  });

  it('that nobody knows serves nobody, that of the service serves everybody', async () => {
    const { gardener } = await garden({ may: [allowed(objects)] });
    const encrypted = (SSEKMSKeyId?: string) => put('a', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId });
    expect(await outcome(gardener.send(encrypted()))).toBe('done');
    expect(await outcome(gardener.send(encrypted('00000000-0000-0000-0000-000000000000')))).toBe('AccessDenied');
  });
});

const ACCOUNT_ROOT = { 'Fn::Sub': `arn:aws:iam::${ACCOUNT}:root` };

describe('a presigned URL', () => {
  it('does what its signer may do at the time of the request', async () => {
    const { operator, gardener } = await garden({ may: [allowed({ ...objects, Resource: `${bucket}/beds/*` })] });
    for (const Key of ['beds/a', 'sheds/a']) await operator.send(put(Key));
    const status = async (Key: string) => (await fetch(await getSignedUrl(gardener, get(Key), { expiresIn: 60 }))).status;
    expect(await status('beds/a')).toBe(200);
    expect(await status('sheds/a')).toBe(403);
  });

  it('is told from a signed request, and its age is known', async () => {
    const { operator, gardener } = await garden({
      may: [
        allowed({
          ...objects,
          Condition: { StringEquals: { 's3:authType': 'REST-QUERY-STRING' }, NumericLessThan: { 's3:signatureAge': '600000' } },
        }),
      ],
    });
    await operator.send(put('a'));
    expect(await outcome(gardener.send(get('a')))).toBe('AccessDenied');
    const presigned = (signingDate: Date) => getSignedUrl(gardener, get('a'), { expiresIn: 3600, signingDate });
    expect((await fetch(await presigned(new Date()))).status).toBe(200);
    const old = await fetch(await presigned(new Date(Date.now() - 700_000)));
    expect([old.status, await old.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
  });
});

describe('what this server does not do', () => {
  it('is refused to who may not do it on AWS, and not implemented for who may', async () => {
    const { operator, gardener } = await garden({ may: [allowed(objects)] });
    const calls: [action: string, call: (client: S3Client) => Promise<unknown>][] = [
      ['s3:GetBucketAcl', (client) => client.send(new GetBucketAclCommand({ Bucket }))],
      ['s3:PutBucketPolicy', (client) => client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' }))],
      ['s3:PutObjectAcl', (client) => client.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'private' }))],
    ];
    for (const [action, call] of calls) {
      await expect(call(gardener), action).rejects.toThrow(new RegExp(`perform: ${action} `));
      expect(await outcome(call(operator)), action).toBe('NotImplemented');
    }
  });

  it('and what does not exist is told after the rights were looked at', async () => {
    const { gardener } = await garden({ may: [allowed(objects)] });
    expect(await outcome(gardener.send(new ListPartsCommand({ Bucket, Key: 'a', UploadId: 'none' })))).toBe('AccessDenied');
    expect(await outcome(gardener.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'a' })))).toBe('NoSuchBucket');
  });
});
