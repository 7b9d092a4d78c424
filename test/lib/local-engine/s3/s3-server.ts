import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { sessionOf } from '../../../../lib/local-engine/policies/principal.ts';
import { createS3, type S3, type S3Options } from '../../../../lib/local-engine/s3/service.ts';
import { authenticate } from '../../../../lib/local-engine/signature.ts';
import { signatureOf } from '../../../../lib/local-engine/sigv4.ts';

export const ACCESS_KEY = { accessKeyId: 'AKIATEST', secretAccessKey: 'top-secret', sessionToken: 'session' };
const PRINCIPAL = sessionOf('arn:aws:iam::000000000000:role/tester', 'test');

/** A running S3 over a folder of its own, with an unmodified SDK client. */
export interface TestS3 {
  s3: S3;
  client: S3Client;
  directory: string;
  endpoint: string;
  /** Replaces the engine by a new one over the same folder, as after a restart. */
  restart(): void;
  stop(): Promise<void>;
}

/** What a test may say about the service itself. */
export type TestS3Options = Partial<Omit<S3Options, 'directory' | 'authenticate'>>;

export async function startS3(
  buckets: Record<string, Record<string, unknown>>,
  config: S3ClientConfig = {},
  options: TestS3Options = {},
): Promise<TestS3> {
  const directory = mkdtempSync(join(tmpdir(), 'local-s3-'));
  const lookup = (id: string) => (id === ACCESS_KEY.accessKeyId ? { ...ACCESS_KEY, principal: PRINCIPAL } : undefined);
  const open = (): S3 =>
    createS3({
      thawMilliseconds: 300,
      // Who may do what is tested with whole engines, in ../policies.
      authorize: () => {},
      ...options,
      directory,
      authenticate: (incoming) => authenticate(incoming, lookup, new Date()),
    });
  let s3 = open();
  for (const [name, properties] of Object.entries(buckets)) await s3.createBucket(name, properties);
  const server = createServer((incoming, response) => {
    // Clients would set their clock by it: a test that has set the clock itself would be refused.
    response.sendDate = false;
    void s3.handle(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials: ACCESS_KEY, maxAttempts: 1, ...config });
  return {
    get s3() {
      return s3;
    },
    client,
    directory,
    endpoint,
    restart: () => {
      s3 = open();
    },
    stop: async () => {
      client.destroy();
      await close(server);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const VERSIONED = { VersioningConfiguration: { Status: 'Enabled' } };

interface Unusual {
  headers?: Record<string, string>;
  body?: string | Buffer;
  payloadHash?: string;
}

/** The headers of a correctly signed request that may say what the SDK never would. */
export function signedHeaders(
  url: URL,
  method: string,
  { headers = {}, body = '', payloadHash }: Unusual = {},
): Record<string, string> {
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const hash = payloadHash ?? createHash('sha256').update(body).digest('hex');
  const all = {
    ...headers,
    host: url.host,
    'x-amz-date': timestamp,
    'x-amz-security-token': ACCESS_KEY.sessionToken,
    'x-amz-content-sha256': hash,
  };
  const signature = signatureOf(
    { method, path: url.pathname, query: [...url.searchParams], headers: Object.entries(all), payloadHash: hash },
    { timestamp, region: 'us-east-1', service: 's3' },
    ACCESS_KEY.secretAccessKey,
  );
  const credential = `${ACCESS_KEY.accessKeyId}/${timestamp.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const names = Object.keys(all).sort().join(';');
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}` };
}

/** Sends one such request. */
export async function signedFetch(
  endpoint: string,
  method: string,
  target: string,
  unusual: Unusual = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const url = new URL(target, endpoint);
  const headers = signedHeaders(url, method, unusual);
  const sent = request(url, { method, headers });
  const answer = new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject));
  sent.end(unusual.body ?? '');
  const response = await answer;
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}

/** The name and status of the refusal that a call meets, or `undefined` where it succeeds. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; status: number | undefined } | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode };
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
