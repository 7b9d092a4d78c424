import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { EngineOnHome, HOST_ROLE } from '../support/engine-on-home.ts';
import { createHost } from '../support/host.ts';
import { quietEngine } from '../support/quiet-engine.ts';
import type { TestHost } from '../support/test-host.ts';

quietEngine();
let host: TestHost;
let suite: Suite;
let home: EngineOnHome | undefined;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
  expect((await suite.run('backup')).json.outcome).toBe('proven');
});
afterEach(async () => {
  await home?.engine.close();
  home = undefined;
});
afterAll(() => host.remove());

/** What a host finds in the vault, and clients that speak as its role. */
interface Found {
  s3: S3Client;
  Bucket: string;
  suite: string;
  /** A stored artifact. */
  Key: string;
  VersionId: string;
  ETag: string;
  manifest: string;
  /** Somebody else's upload outside of the artifacts. */
  foreign: { Key: string; UploadId: string };
  /** Its own upload, with one part. */
  own: { Key: string; UploadId: string; part: { PartNumber: number; ETag: string; ChecksumCRC32: string } };
}

/** The engine on the home of the suite, a reader of the vault, and the host. */
async function open() {
  home = await EngineOnHome.open(suite);
  const { outputs, bucket: Bucket } = home;
  const settings = await home.as(HOST_ROLE);
  const s3 = new S3Client(settings);
  const reader = new S3Client(await home.as(`${suite.name}-vault-reader`));
  const prover = new S3Client(await home.as(`${suite.name}-backup-write-proof`));
  const { Versions = [] } = await reader.send(new ListObjectVersionsCommand({ Bucket }));
  const artifact = Versions.find(({ Key }) => Key!.includes('/artifacts/'))!;
  const manifest = Versions.find(({ Key }) => Key!.includes('/recovery-points/'))!.Key!;
  const foreign = { Key: `${suite.name}/proofs/x.json` };
  const { UploadId } = await prover.send(new CreateMultipartUploadCommand({ Bucket, ...foreign }));
  const own = { Key: `${suite.name}/artifacts/20261123T020000Z/volume-x.${Date.now()}.tar.zst` };
  const upload = await s3.send(new CreateMultipartUploadCommand({ Bucket, ...own }));
  const part = await s3.send(new UploadPartCommand({ Bucket, ...own, UploadId: upload.UploadId, PartNumber: 1, Body: 'x' }));
  const found: Found = {
    s3,
    Bucket,
    suite: suite.name,
    Key: artifact.Key!,
    VersionId: artifact.VersionId!,
    ETag: artifact.ETag!,
    manifest,
    foreign: { ...foreign, UploadId: UploadId! },
    own: {
      ...own,
      UploadId: upload.UploadId!,
      part: { PartNumber: 1, ETag: part.ETag!, ChecksumCRC32: part.ChecksumCRC32! },
    },
  };
  return { found, reader, settings, outputs };
}

/** `403 action`, taken from the message where there is one; otherwise the error's name, or `done`. */
async function answer(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    const [, action] = /not authorized to perform: (\S+)/.exec(message) ?? [];
    const denied = $metadata?.httpStatusCode === 403 || /AccessDenied|AuthorizationError/.test(name);
    return denied ? `refused${action === undefined ? '' : ` ${action}`}` : name;
  }
}

const ONCE = { IfNoneMatch: '*' };
const Body = 'forged';
const newKey = (name: string) => `${name}/artifacts/20261123T020000Z/volume-new.${Math.random()}.tar.zst`;

/** What destroys, reads or forges: each must be refused by the action that is named. */
const REFUSED: Record<string, [action: string, call: (found: Found) => Promise<unknown>]> = {
  'read an artifact': ['s3:GetObject', ({ s3, Bucket, Key }) => s3.send(new GetObjectCommand({ Bucket, Key }))],
  'read a version': [
    's3:GetObjectVersion',
    ({ s3, Bucket, Key, VersionId }) => s3.send(new GetObjectCommand({ Bucket, Key, VersionId })),
  ],
  'read a manifest': ['s3:GetObject', ({ s3, Bucket, manifest }) => s3.send(new GetObjectCommand({ Bucket, Key: manifest }))],
  'ask for the size of an artifact': ['', ({ s3, Bucket, Key }) => s3.send(new HeadObjectCommand({ Bucket, Key }))],
  'ask for what is not there': ['', ({ s3, Bucket, Key }) => s3.send(new HeadObjectCommand({ Bucket, Key: `${Key}x` }))],
  'list the artifacts': [
    's3:ListBucket',
    ({ s3, Bucket, suite: name }) => s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${name}/artifacts/` })),
  ],
  'list the versions': ['s3:ListBucketVersions', ({ s3, Bucket }) => s3.send(new ListObjectVersionsCommand({ Bucket }))],
  'list the uploads': ['s3:ListBucketMultipartUploads', ({ s3, Bucket }) => s3.send(new ListMultipartUploadsCommand({ Bucket }))],
  'list the parts of its own upload': [
    's3:ListMultipartUploadParts',
    ({ s3, Bucket, own: { part: _, ...own } }) => s3.send(new ListPartsCommand({ Bucket, ...own })),
  ],
  'overwrite an artifact': ['s3:PutObject', ({ s3, Bucket, Key }) => s3.send(new PutObjectCommand({ Bucket, Key, Body }))],
  'overwrite an artifact that it knows': [
    's3:PutObject',
    ({ s3, Bucket, Key, ETag: IfMatch }) => s3.send(new PutObjectCommand({ Bucket, Key, Body, IfMatch })),
  ],
  'put a new artifact without saying that nothing may be there': [
    's3:PutObject',
    ({ s3, Bucket, suite: name }) => s3.send(new PutObjectCommand({ Bucket, Key: newKey(name), Body })),
  ],
  'complete an upload without saying so': [
    's3:PutObject',
    ({ s3, Bucket, own: { part, ...own } }) =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, ...own, MultipartUpload: { Parts: [part] } })),
  ],
  'copy over an artifact': [
    's3:PutObject',
    ({ s3, Bucket, Key }) => s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}` })),
  ],
  'put a new artifact with tags': [
    's3:PutObjectTagging',
    ({ s3, Bucket, suite: name }) =>
      s3.send(new PutObjectCommand({ Bucket, Key: newKey(name), Body, ...ONCE, Tagging: 'retention=failed' })),
  ],
  'put a manifest': [
    's3:PutObject',
    ({ s3, Bucket, suite: name }) =>
      s3.send(new PutObjectCommand({ Bucket, Key: `${name}/recovery-points/20261123T020000Z.json`, Body, ...ONCE })),
  ],
  'put a proof': [
    's3:PutObject',
    ({ s3, Bucket, suite: name }) =>
      s3.send(new PutObjectCommand({ Bucket, Key: `${name}/proofs/x/y.passed.json`, Body, ...ONCE })),
  ],
  'take the lock': [
    's3:PutObject',
    ({ s3, Bucket, suite: name }) => s3.send(new PutObjectCommand({ Bucket, Key: `${name}/lock.json`, Body, ...ONCE })),
  ],
  'put artifacts of another suite': [
    's3:PutObject',
    ({ s3, Bucket, suite: name }) => s3.send(new PutObjectCommand({ Bucket, Key: `${name}2/artifacts/x`, Body, ...ONCE })),
  ],
  'put anything elsewhere': [
    's3:PutObject',
    ({ s3, Bucket }) => s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body, ...ONCE })),
  ],
  'begin an upload of a manifest': [
    's3:PutObject',
    ({ s3, Bucket, manifest }) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key: manifest })),
  ],
  'abort an upload that is none of an artifact': [
    's3:AbortMultipartUpload',
    ({ s3, Bucket, foreign }) => s3.send(new AbortMultipartUploadCommand({ Bucket, ...foreign })),
  ],
  'delete an artifact': ['s3:DeleteObject', ({ s3, Bucket, Key }) => s3.send(new DeleteObjectCommand({ Bucket, Key }))],
  'delete a version': [
    's3:DeleteObjectVersion',
    ({ s3, Bucket, Key, VersionId }) => s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
  ],
  'delete the lock': [
    's3:DeleteObject',
    ({ s3, Bucket, suite: name }) => s3.send(new DeleteObjectCommand({ Bucket, Key: `${name}/lock.json` })),
  ],
  'tag an artifact': [
    's3:PutObjectTagging',
    ({ s3, Bucket, Key }) =>
      s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'retention', Value: 'failed' }] } })),
  ],
  'tag a version': [
    's3:PutObjectVersionTagging',
    ({ s3, Bucket, Key, VersionId }) =>
      s3.send(
        new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging: { TagSet: [{ Key: 'retention', Value: 'failed' }] } }),
      ),
  ],
  'read the tags': ['s3:GetObjectTagging', ({ s3, Bucket, Key }) => s3.send(new GetObjectTaggingCommand({ Bucket, Key }))],
  'remove the tags': [
    's3:DeleteObjectTagging',
    ({ s3, Bucket, Key }) => s3.send(new DeleteObjectTaggingCommand({ Bucket, Key })),
  ],
  'shorten how long it is kept': [
    's3:PutObjectRetention',
    ({ s3, Bucket, Key, VersionId }) =>
      s3.send(
        new PutObjectRetentionCommand({ Bucket, Key, VersionId, Retention: { Mode: 'GOVERNANCE', RetainUntilDate: new Date() } }),
      ),
  ],
  'take a legal hold away': [
    's3:PutObjectLegalHold',
    ({ s3, Bucket, Key }) => s3.send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold: { Status: 'OFF' } })),
  ],
  'give it to everybody': [
    's3:PutObjectAcl',
    ({ s3, Bucket, Key }) => s3.send(new PutObjectAclCommand({ Bucket, Key, ACL: 'public-read' })),
  ],
  'have it thawed, which costs money': [
    's3:RestoreObject',
    ({ s3, Bucket, Key }) => s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest: { Days: 1 } })),
  ],
  'change the policy of the vault': [
    's3:PutBucketPolicy',
    ({ s3, Bucket }) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })),
  ],
  'change what expires': [
    's3:PutLifecycleConfiguration',
    ({ s3, Bucket }) => s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [] } })),
  ],
  'switch versions off': [
    's3:PutBucketVersioning',
    ({ s3, Bucket }) => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
  ],
  'ask whether there are versions': [
    's3:GetBucketVersioning',
    ({ s3, Bucket }) => s3.send(new GetBucketVersioningCommand({ Bucket })),
  ],
};

const WANTED = Object.fromEntries(
  Object.entries(REFUSED).map(([what, [action]]) => [what, action === '' ? 'refused' : `refused ${action}`]),
);

async function tryEverything(found: Found): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const [what, [, call]] of Object.entries(REFUSED)) answers[what] = await answer(call(found));
  return answers;
}

/** Every version and marker that there is, but what was written about the tries themselves. */
async function versionsIn(client: S3Client, Bucket: string): Promise<string[]> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
  const touches = `${suite.name}/touches/`;
  return [...Versions, ...DeleteMarkers]
    .filter(({ Key }) => !Key!.startsWith(touches))
    .map(({ Key, VersionId }) => `${Key} ${VersionId}`);
}

describe('the host', () => {
  it('puts new artifacts, whole or in parts, never over what is there, and ends its own uploads', async () => {
    const { found } = await open();
    const { s3, Bucket, own } = found;
    const { part, ...upload } = own;
    const Key = newKey(suite.name);
    expect(await answer(s3.send(new PutObjectCommand({ Bucket, Key, Body, ...ONCE })))).toBe('done');
    expect(await answer(s3.send(new PutObjectCommand({ Bucket, Key, Body, ...ONCE })))).toBe('PreconditionFailed');
    const complete = new CompleteMultipartUploadCommand({ Bucket, ...upload, ...ONCE, MultipartUpload: { Parts: [part] } });
    expect(await answer(s3.send(complete))).toBe('done');
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: found.Key }));
    expect(await answer(s3.send(new AbortMultipartUploadCommand({ Bucket, Key: found.Key, UploadId })))).toBe('done');
  });

  it('can do nothing else to the vault', async () => {
    const { found, reader } = await open();
    const before = await versionsIn(reader, found.Bucket);
    expect(await tryEverything(found)).toEqual(WANTED);
    const { Bucket, Key, VersionId } = found;
    const { Deleted = [], Errors = [] } = await found.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }, { Key, VersionId }] } }),
    );
    expect([Deleted, Errors.map(({ Code }) => Code)]).toEqual([[], ['AccessDenied', 'AccessDenied']]);
    expect(await versionsIn(reader, found.Bucket)).toEqual(before);
  });

  it('can do nothing else anywhere', async () => {
    const { settings, outputs } = await open();
    const TopicArn = outputs
      .BackupMachine!.replace(':states:', ':sns:')
      .replace(/:stateMachine:.*/, `:${suite.name}-backup-alerts`);
    const start = new StartExecutionCommand({ stateMachineArn: outputs.BackupMachine });
    const send = new SendCommandCommand({
      DocumentName: `${suite.name}-backup-inspect-host`,
      InstanceIds: ['i-00000000000000000'],
    });
    expect(await answer(new SFNClient(settings).send(start))).toBe('refused states:StartExecution');
    expect(await answer(new SSMClient(settings).send(send))).toBe('refused ssm:SendCommand');
    expect(await answer(new SNSClient(settings).send(new PublishCommand({ TopicArn, Message: 'all is well' })))).toBe(
      'refused sns:Publish',
    );
  });

  it('cannot either when its role carries all rights on S3, of keys and to tag, as a role of somebody else may', async () => {
    await new EditedAssembly(suite.home, suite.name).rights(HOST_ROLE, (statements) => [
      ...statements,
      { Effect: 'Allow', Action: ['s3:*', 'kms:*'], Resource: '*' },
    ]);
    const { found, reader } = await open();
    const before = await versionsIn(reader, found.Bucket);
    expect(await tryEverything(found)).toEqual(WANTED);
    expect(await versionsIn(reader, found.Bucket)).toEqual(before);
  });
});
