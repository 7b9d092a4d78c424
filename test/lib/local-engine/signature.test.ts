import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionOf } from '../../../lib/local-engine/policies/principal.ts';
import { authenticate, type SignedRequest } from '../../../lib/local-engine/signature.ts';
import { signatureOf } from '../../../lib/local-engine/sigv4.ts';

const CREDENTIALS = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' };
const ARN = 'arn:aws:iam::000000000000:role/reader';
const READER = sessionOf(ARN, 'reading');
const lookup = (id: string) => (id === 'AKIA' ? { ...CREDENTIALS, principal: READER } : undefined);

let server: Server;
let endpoint: string;
let seen: SignedRequest[] = [];
beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    seen.push({ method: request.method, url: request.url, headers: { ...request.headers } });
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What an unmodified SDK client sends. */
async function sent(call: () => Promise<unknown>): Promise<SignedRequest> {
  seen = [];
  await call();
  return seen[0]!;
}
const s3Request = (Key = 'a b/ü+~(1)') => {
  const client = new S3Client({ endpoint, region: 'eu-west-1', credentials: CREDENTIALS });
  return sent(() => client.send(new GetObjectCommand({ Bucket: 'b', Key, VersionId: 'v+/=' })));
};
const verdict = (request: SignedRequest, now = new Date()): string => {
  try {
    authenticate(request, lookup, now);
    return 'accepted';
  } catch (error) {
    return (error as Error).name;
  }
};

test('a request of the S3 client is accepted and tells who sent it', async () => {
  expect(authenticate(await s3Request(), lookup, new Date())).toMatchObject({
    principal: { identityArn: ARN, arn: 'arn:aws:sts::000000000000:assumed-role/reader/reading' },
    accessKeyId: 'AKIA',
    service: 's3',
    region: 'eu-west-1',
  });
});

test('a request of a JSON service is accepted', async () => {
  const client = new SSMClient({ endpoint, region: 'eu-west-1', credentials: CREDENTIALS });
  const request = await sent(() => client.send(new GetParameterCommand({ Name: '/a' })));
  expect(authenticate(request, lookup, new Date()).service).toBe('ssm');
});

// The published example of Signature Version 4 for IAM, with its published signature.
test('the example of the specification has its published signature', () => {
  const request = {
    method: 'GET',
    path: '/',
    query: [
      ['Version', '2010-05-08'],
      ['Action', 'ListUsers'],
    ] as [string, string][],
    headers: [
      ['x-amz-date', '20150830T123600Z'],
      ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ['host', 'iam.amazonaws.com'],
    ] as [string, string][],
    payloadHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  };
  const scope = { timestamp: '20150830T123600Z', region: 'us-east-1', service: 'iam' };
  expect(signatureOf(request, scope, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')).toBe(
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  );
});

test('other services encode the path twice', () => {
  const now = new Date('2026-11-23T02:00:00Z');
  const headers = {
    host: 'h',
    'x-amz-date': '20261123T020000Z',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-security-token': 'token',
  };
  const accepted = (service: string, path: string): string => {
    const scope = { timestamp: '20261123T020000Z', region: 'r', service };
    const request = { method: 'POST', path, query: [], headers: Object.entries(headers), payloadHash: 'UNSIGNED-PAYLOAD' };
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIA/20261123/r/${service}/aws4_request, SignedHeaders=${Object.keys(headers).sort().join(';')}, Signature=${signatureOf(request, scope, 'secret')}`;
    return verdict({ method: 'POST', url: '/f/arn%3Aaws/x', headers: { ...headers, authorization } }, now);
  };
  expect(accepted('lambda', '/f/arn%253Aaws/x')).toBe('accepted');
  expect(accepted('lambda', '/f/arn%3Aaws/x')).toBe('SignatureDoesNotMatch');
  expect(accepted('s3', '/f/arn%3Aaws/x')).toBe('accepted');
});

test.each([
  ['another method', (r: SignedRequest) => ({ ...r, method: 'DELETE' }), 'SignatureDoesNotMatch'],
  ['another path', (r: SignedRequest) => ({ ...r, url: r.url!.replace('/b/', '/c/') }), 'SignatureDoesNotMatch'],
  ['another query', (r: SignedRequest) => ({ ...r, url: r.url!.replace('versionId=v', 'versionId=w') }), 'SignatureDoesNotMatch'],
  ['another parameter', (r: SignedRequest) => ({ ...r, url: `${r.url}&x=1` }), 'SignatureDoesNotMatch'],
  ['another host', (r: SignedRequest) => ({ ...r, headers: { ...r.headers, host: 'x' } }), 'SignatureDoesNotMatch'],
  [
    'another body',
    (r: SignedRequest) => ({ ...r, headers: { ...r.headers, 'x-amz-content-sha256': '0'.repeat(64) } }),
    'SignatureDoesNotMatch',
  ],
  [
    'a body that differs from its hash',
    (r: SignedRequest) => ({ ...r, payloadSha256: '0'.repeat(64) }),
    'XAmzContentSHA256Mismatch',
  ],
  [
    'a header added on the way',
    (r: SignedRequest) => ({ ...r, headers: { ...r.headers, 'x-amz-acl': 'public' } }),
    'AccessDenied',
  ],
  [
    'another session token',
    (r: SignedRequest) => ({ ...r, headers: { ...r.headers, 'x-amz-security-token': 'x' } }),
    'InvalidToken',
  ],
  ['no signature', (r: SignedRequest) => ({ ...r, headers: { ...r.headers, authorization: undefined } }), 'AccessDenied'],
  [
    'another scheme',
    (r: SignedRequest) => ({ ...r, headers: { ...r.headers, authorization: 'AWS AKIA:x' } }),
    'AuthorizationHeaderMalformed',
  ],
  [
    'an unknown key',
    (r: SignedRequest) => ({ ...r, headers: { ...r.headers, authorization: r.headers.authorization!.replace('AKIA', 'AKIB') } }),
    'InvalidAccessKeyId',
  ],
  ['a broken escape', (r: SignedRequest) => ({ ...r, url: '/b/%zz' }), 'InvalidURI'],
])('%s is refused', async (_what, change, code) => {
  expect(verdict(change(await s3Request()))).toBe(code);
});

test('a wrong secret is refused', async () => {
  const client = new S3Client({ endpoint, region: 'r', credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } });
  const request = await sent(() => client.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })));
  expect(verdict(request)).toBe('SignatureDoesNotMatch');
});

test('a request is good for 15 minutes either way', async () => {
  const request = await s3Request();
  const at = (minutes: number) => verdict(request, new Date(Date.now() + minutes * 60_000));
  expect([at(14), at(-14), at(16), at(-16)]).toEqual(['accepted', 'accepted', 'RequestTimeTooSkewed', 'RequestTimeTooSkewed']);
});

test('a presigned URL is good until it expires and for nothing else', async () => {
  const client = new S3Client({ endpoint, region: 'r', credentials: CREDENTIALS });
  const url = new URL(
    await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'a b', VersionId: 'v' }), { expiresIn: 60 }),
  );
  const request = { method: 'GET', url: `${url.pathname}${url.search}`, headers: { host: url.host } };
  const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
  expect(verdict(request, later(50))).toBe('accepted');
  expect(() => authenticate(request, lookup, later(62))).toThrow('Request has expired');
  expect(() => authenticate(request, lookup, later(-1000))).toThrow('Request is not yet valid');
  expect(verdict({ ...request, method: 'PUT' })).toBe('SignatureDoesNotMatch');
  expect(verdict({ ...request, url: request.url.replace('versionId=v', 'versionId=w') })).toBe('SignatureDoesNotMatch');
  expect(verdict({ ...request, url: request.url.replace('Expires=60', 'Expires=61') })).toBe('SignatureDoesNotMatch');
  expect(verdict({ ...request, url: request.url.replace('Expires=60', 'Expires=700000') })).toBe(
    'AuthorizationQueryParametersError',
  );
});
