import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketPolicyCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  ListObjectsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  SelectObjectContentCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, signedFetch, startS3, type TestS3 } from './s3-server.ts';

const at = { Bucket: 'plain', Key: 'k' };
let server: TestS3;
beforeAll(async () => {
  server = await startS3({ plain: {} });
  await server.client.send(new PutObjectCommand({ ...at, Body: 'precious' }));
});
afterAll(() => server.stop());

const bytes = async () => (await server.client.send(new GetObjectCommand(at))).Body!.transformToString();

const COMMANDS = {
  CopyObject: new CopyObjectCommand({ ...at, CopySource: 'plain/k' }),
  UploadPartCopy: new UploadPartCopyCommand({ ...at, UploadId: 'u', PartNumber: 1, CopySource: 'plain/k' }),
  CreateBucket: new CreateBucketCommand({ Bucket: 'other' }),
  DeleteBucket: new DeleteBucketCommand({ Bucket: 'plain' }),
  GetBucketPolicy: new GetBucketPolicyCommand({ Bucket: 'plain' }),
  PutBucketVersioning: new PutBucketVersioningCommand({ Bucket: 'plain', VersioningConfiguration: { Status: 'Enabled' } }),
  ListObjects: new ListObjectsCommand({ Bucket: 'plain' }),
  GetObjectAcl: new GetObjectAclCommand(at),
  GetObjectAttributes: new GetObjectAttributesCommand({ ...at, ObjectAttributes: ['ETag'] }),
  'RestoreObject to another place': new RestoreObjectCommand({ ...at, RestoreRequest: { Days: 1, OutputLocation: {} } }),
  SelectObjectContent: new SelectObjectContentCommand({
    ...at,
    Expression: 'x',
    ExpressionType: 'SQL',
    InputSerialization: {},
    OutputSerialization: {},
  }),
  'GetObject of one part': new GetObjectCommand({ ...at, PartNumber: 1 }),
  'GetObject with another type': new GetObjectCommand({ ...at, ResponseContentType: 'text/html' }),
  'GetObject if modified': new GetObjectCommand({ ...at, IfModifiedSince: new Date(0) }),
  'PutObject with an ACL': new PutObjectCommand({ ...at, Body: 'x', ACL: 'public-read' }),
  'PutObject to another class': new PutObjectCommand({ ...at, Body: 'x', StorageClass: 'INTELLIGENT_TIERING' }),
  'PutObject with a customer key': new PutObjectCommand({ ...at, Body: 'x', SSECustomerAlgorithm: 'AES256' }),
  'PutObject for another owner': new PutObjectCommand({ ...at, Body: 'x', ExpectedBucketOwner: '123456789012' }),
};

test.each(Object.entries(COMMANDS))('%s is refused aloud and harms nothing', async (_name, command) => {
  const call = server.client.send(command as GetObjectCommand);
  expect(await refusal(call)).toEqual({ name: 'NotImplemented', status: 501 });
  expect(await bytes()).toBe('precious');
});

test.each([
  ['PUT', '/plain/k?acl', 'acl'],
  ['PUT', '/plain/k?tagging&unknown=1', 'unknown'],
  ['GET', '/plain/k?torrent', 'torrent'],
  ['DELETE', '/plain/k?tagging&uploadId=u', 'tagging'],
  ['POST', '/plain/k', 'POST'],
  ['PATCH', '/plain/k', 'PATCH'],
  ['GET', '/plain?list-type=2&fetch-owner=true', 'fetch-owner'],
  ['GET', '/plain?list-type=3', 'list-type=3'],
  ['POST', '/', 'POST'],
])('%s %s names %s in its refusal', async (method, target, name) => {
  const answer = await signedFetch(server.endpoint, method, target, { body: ['GET', 'DELETE'].includes(method) ? '' : '<x/>' });
  expect(answer.status).toBe(501);
  expect(answer.text).toContain('<Code>NotImplemented</Code>');
  expect(answer.text).toContain(name);
  expect(await bytes()).toBe('precious');
});

test('an action under a wrong name is refused', async () => {
  const answer = await signedFetch(server.endpoint, 'GET', '/plain/k?x-id=GetObjectTorrent');
  expect(answer.text).toContain('GetObjectTorrent is not implemented');
});
