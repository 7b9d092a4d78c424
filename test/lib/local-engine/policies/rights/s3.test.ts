import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../../lib/local-engine/engine.ts';
import { startEngine } from '../../../../../lib/local-engine/start-engine.ts';
import { quietEngine } from '../../../../support/quiet-engine.ts';
import { allow, trust } from '../../foreign-assembly.ts';
import { hostCommands } from '../../foreign-engine.ts';
import { outcome, refused } from '../refused.ts';
import { temporaryAssembly } from '../temporary-assembly.ts';

const Bucket = 'garden';
const bucket = `arn:aws:s3:::${Bucket}`;

/** What the calls find. */
interface Found {
  client: S3Client;
  Key: string;
  VersionId: string;
  ETag: string;
  UploadId: string;
  parts: { PartNumber: number; ETag: string; ChecksumCRC32: string }[];
}

interface Operation {
  call: (found: Found) => Promise<unknown>;
  needs: string[];
}

const tags = { TagSet: [{ Key: 'colour', Value: 'red' }] };
const body = { Body: 'twelve tulips' };
const DECRYPT = 'kms:Decrypt';
const NEW_KEY = 'kms:GenerateDataKey';

/** Every call with exactly the rights that AWS documents for it. */
const OPERATIONS: Record<string, Operation> = {
  ListBuckets: { call: ({ client }) => client.send(new ListBucketsCommand()), needs: ['s3:ListAllMyBuckets'] },
  HeadBucket: { call: ({ client }) => client.send(new HeadBucketCommand({ Bucket })), needs: ['s3:ListBucket'] },
  GetBucketLocation: {
    call: ({ client }) => client.send(new GetBucketLocationCommand({ Bucket })),
    needs: ['s3:GetBucketLocation'],
  },
  GetBucketVersioning: {
    call: ({ client }) => client.send(new GetBucketVersioningCommand({ Bucket })),
    needs: ['s3:GetBucketVersioning'],
  },
  GetBucketLifecycleConfiguration: {
    call: ({ client }) => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    needs: ['s3:GetLifecycleConfiguration'],
  },
  ListObjectsV2: { call: ({ client }) => client.send(new ListObjectsV2Command({ Bucket })), needs: ['s3:ListBucket'] },
  ListObjectVersions: {
    call: ({ client }) => client.send(new ListObjectVersionsCommand({ Bucket })),
    needs: ['s3:ListBucketVersions'],
  },
  ListMultipartUploads: {
    call: ({ client }) => client.send(new ListMultipartUploadsCommand({ Bucket })),
    needs: ['s3:ListBucketMultipartUploads'],
  },
  GetObject: { call: ({ client, Key }) => client.send(new GetObjectCommand({ Bucket, Key })), needs: ['s3:GetObject', DECRYPT] },
  'GetObject of a version': {
    call: ({ client, Key, VersionId }) => client.send(new GetObjectCommand({ Bucket, Key, VersionId })),
    needs: ['s3:GetObjectVersion', DECRYPT],
  },
  HeadObject: { call: ({ client, Key }) => client.send(new HeadObjectCommand({ Bucket, Key })), needs: ['s3:GetObject'] },
  'HeadObject of a version with its checksum': {
    call: ({ client, Key, VersionId }) => client.send(new HeadObjectCommand({ Bucket, Key, VersionId, ChecksumMode: 'ENABLED' })),
    needs: ['s3:GetObjectVersion', DECRYPT],
  },
  GetObjectTagging: {
    call: ({ client, Key }) => client.send(new GetObjectTaggingCommand({ Bucket, Key })),
    needs: ['s3:GetObjectTagging'],
  },
  'GetObjectTagging of a version': {
    call: ({ client, Key, VersionId }) => client.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId })),
    needs: ['s3:GetObjectVersionTagging'],
  },
  PutObjectTagging: {
    call: ({ client, Key }) => client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: tags })),
    needs: ['s3:PutObjectTagging'],
  },
  'PutObjectTagging of a version': {
    call: ({ client, Key, VersionId }) => client.send(new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging: tags })),
    needs: ['s3:PutObjectVersionTagging'],
  },
  DeleteObjectTagging: {
    call: ({ client, Key }) => client.send(new DeleteObjectTaggingCommand({ Bucket, Key })),
    needs: ['s3:DeleteObjectTagging'],
  },
  'DeleteObjectTagging of a version': {
    call: ({ client, Key, VersionId }) => client.send(new DeleteObjectTaggingCommand({ Bucket, Key, VersionId })),
    needs: ['s3:DeleteObjectVersionTagging'],
  },
  PutObject: {
    call: ({ client }) => client.send(new PutObjectCommand({ Bucket, Key: 'new', ...body })),
    needs: ['s3:PutObject', NEW_KEY],
  },
  'PutObject with tags': {
    call: ({ client }) => client.send(new PutObjectCommand({ Bucket, Key: 'new', ...body, Tagging: 'colour=red' })),
    needs: ['s3:PutObject', 's3:PutObjectTagging', NEW_KEY],
  },
  'PutObject over what is there': {
    call: ({ client, Key, ETag }) => client.send(new PutObjectCommand({ Bucket, Key, ...body, IfMatch: ETag })),
    needs: ['s3:PutObject', 's3:GetObject', NEW_KEY],
  },
  CreateMultipartUpload: {
    call: ({ client }) => client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'new' })),
    needs: ['s3:PutObject', NEW_KEY],
  },
  UploadPart: {
    call: ({ client, Key, UploadId }) => client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 2, ...body })),
    needs: ['s3:PutObject', DECRYPT],
  },
  ListParts: {
    call: ({ client, Key, UploadId }) => client.send(new ListPartsCommand({ Bucket, Key, UploadId })),
    needs: ['s3:ListMultipartUploadParts', DECRYPT],
  },
  CompleteMultipartUpload: {
    call: ({ client, Key, UploadId, parts: Parts }) =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } })),
    needs: ['s3:PutObject', DECRYPT],
  },
  AbortMultipartUpload: {
    call: ({ client, Key, UploadId }) => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    needs: ['s3:AbortMultipartUpload'],
  },
  DeleteObject: { call: ({ client, Key }) => client.send(new DeleteObjectCommand({ Bucket, Key })), needs: ['s3:DeleteObject'] },
  'DeleteObject of a version': {
    call: ({ client, Key, VersionId }) => client.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
    needs: ['s3:DeleteObjectVersion'],
  },
  'DeleteObject of a known one': {
    call: ({ client, Key, ETag }) => client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch: ETag })),
    needs: ['s3:DeleteObject', 's3:GetObject'],
  },
  RestoreObject: {
    call: ({ client, VersionId }) =>
      client.send(
        new RestoreObjectCommand({
          Bucket,
          Key: `archived-${VersionId}`,
          RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: 'Standard' } },
        }),
      ),
    needs: ['s3:RestoreObject'],
  },
};

/** One role with all that an operation needs, and one for each right that it lacks. */
const ROLES = Object.entries(OPERATIONS).flatMap(([operation, { needs }], index) => [
  { operation, missing: undefined, name: `gardener-${index}`, rights: needs },
  ...needs.map((missing, at) => ({
    operation,
    missing,
    name: `gardener-${index}-${at}`,
    rights: needs.filter((right) => right !== missing),
  })),
]);

const stack = {
  Resources: {
    Key: { Type: 'AWS::KMS::Key', Properties: {} },
    Garden: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: Bucket,
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: { Rules: [{ Id: 'tidy', Status: 'Enabled', Prefix: 'x/', ExpirationInDays: 1 }] },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] } },
            },
          ],
        },
      },
    },
    ...Object.fromEntries(
      ROLES.map(({ name, rights }) => [
        name.replaceAll('-', 'x'),
        {
          Type: 'AWS::IAM::Role',
          Properties: {
            RoleName: name,
            AssumeRolePolicyDocument: trust('lambda'),
            Policies: [{ PolicyName: 'rights', PolicyDocument: allow(...rights.map((right): [string, string] => [right, '*'])) }],
          },
        },
      ]),
    ),
  },
};

quietEngine();
let engine: Engine;
let directory: string;
let operator: S3Client;

beforeAll(async () => {
  const options = temporaryAssembly(stack);
  directory = options.directory;
  engine = await startEngine({ ...options, hostCommands });
  operator = clientOf(engine.operatorCredentials);
});
afterAll(async () => {
  operator.destroy();
  await engine.close();
});

function clientOf(credentials: { accessKeyId: string; secretAccessKey: string }): S3Client {
  return new S3Client({ endpoint: engine.endpoint, region: engine.region, credentials, forcePathStyle: true, maxAttempts: 1 });
}

/** A new object, an upload with one part and an archived object. */
async function prepared(role: string): Promise<Found> {
  const Key = `beds/${role}`;
  const { VersionId, ETag } = await operator.send(new PutObjectCommand({ Bucket, Key, ...body, Tagging: 'colour=blue' }));
  const { UploadId } = await operator.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const part = await operator.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, ...body }));
  await operator.send(new PutObjectCommand({ Bucket, Key: `archived-${VersionId}`, ...body, StorageClass: 'GLACIER' }));
  return {
    client: clientOf(await engine.credentialsFor(role)),
    Key,
    VersionId: VersionId!,
    ETag: ETag!,
    UploadId: UploadId!,
    parts: [{ PartNumber: 1, ETag: part.ETag!, ChecksumCRC32: part.ChecksumCRC32! }],
  };
}

describe('a call of S3', () => {
  it.each(ROLES.filter(({ missing }) => missing === undefined))(
    '$operation needs no more than $rights',
    async ({ operation, name }) => {
      expect(await outcome(OPERATIONS[operation]!.call(await prepared(name)))).toBe('done');
    },
  );

  it.each(ROLES.filter(({ missing }) => missing !== undefined))(
    '$operation needs $missing',
    async ({ operation, missing, name }) => {
      const before = refused(directory).length;
      expect(await outcome(OPERATIONS[operation]!.call(await prepared(name)))).toMatch(/AccessDenied|403/);
      expect(refused(directory).slice(before)).toMatchObject([
        { principal: `arn:aws:sts::000000000000:assumed-role/${name}/${name}`, action: missing },
      ]);
    },
  );

  it('is about the bucket or about the object', () => {
    const resources = new Set(refused(directory).map(({ action, resource }) => `${action} ${resource.replace(/\/.*/, '/KEY')}`));
    expect([...resources].filter((one) => one.startsWith('s3:'))).toEqual(
      expect.arrayContaining([
        `s3:ListBucket ${bucket}`,
        `s3:ListBucketVersions ${bucket}`,
        `s3:GetObject ${bucket}/KEY`,
        's3:ListAllMyBuckets arn:aws:s3:::*',
      ]),
    );
  });
});
