import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { signatureOf, uriEncode } from '../sigv4.ts';

// Not imported: an import evaluates every export of the module, one of which loads all of undici. That doubles the start of a process
// (35 to 80 ms), and every object of a capture starts one.
const { Agent, request } = process.getBuiltinModule('node:http');

/** Where to and as whom. */
export interface Connection {
  endpoint: URL;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
}

export interface SignedRequest {
  /** The name of the S3 operation, for messages. */
  operation: string;
  method: string;
  /** `/bucket/key`, not encoded. */
  path: string;
  query?: [string, string][];
  headers?: Record<string, string>;
  body?: Buffer;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** An answer of S3 that is a refusal; the message reads like the AWS CLI's. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(operation: string, answer: Answer) {
    const code = element(answer.text, 'Code') ?? String(answer.status);
    super(`An error occurred (${code}) when calling the ${operation} operation: ${element(answer.text, 'Message') ?? 'Unknown'}`);
    this.status = answer.status;
  }
}

const RETRIES = 3;
const FIRST_PAUSE_MS = 200;
const SILENCE_MS = 60_000;
const AGENT = new Agent({ keepAlive: true });

/**
 * Sends a signed request and reads the small answer. Connection errors and 5xx are tried again three times (after 0.2, 0.4 and
 * 0.8 s); any other refusal throws a {@link RefusedError} at once. The body is covered by a checksum header and not by the
 * signature: hashing it twice would cost the capture a core.
 */
export async function send(connection: Connection, wanted: SignedRequest): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await exchange(connection, wanted);
      if (answer.status < 300) return answer;
      throw new RefusedError(wanted.operation, answer);
    } catch (error) {
      const final = (error instanceof RefusedError && error.status < 500) || wanted.signal?.aborted || attempt === RETRIES;
      if (final) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal: wanted.signal });
    }
  }
}

/** The text of the first element of that name. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

function exchange(connection: Connection, wanted: SignedRequest): Promise<Answer> {
  const { endpoint } = connection;
  const { method, query = [], body, signal } = wanted;
  const path = wanted.path.split('/').map(uriEncode).join('/');
  const headers = sign(connection, wanted, path);
  const search = query.map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`).join('&');
  return new Promise((resolve, reject) => {
    const options = {
      host: endpoint.hostname,
      port: endpoint.port,
      method,
      path: `${path}?${search}`,
      agent: AGENT,
      headers,
      signal,
    };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.setTimeout(SILENCE_MS, () =>
      sent.destroy(new Error(`No answer from ${endpoint.host} for ${SILENCE_MS / 1000} seconds`)),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function sign(
  connection: Connection,
  { method, query = [], body, headers = {} }: SignedRequest,
  path: string,
): Record<string, string> {
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const { accessKeyId, region, sessionToken } = connection;
  const signed: Record<string, string> = {
    ...headers,
    host: connection.endpoint.host,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-date': timestamp,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const payloadHash = 'UNSIGNED-PAYLOAD';
  const scope = { timestamp, region, service: 's3' };
  const signature = signatureOf(
    { method, path, query, headers: Object.entries(signed), payloadHash },
    scope,
    connection.secretAccessKey,
  );
  const credential = `${accessKeyId}/${timestamp.slice(0, 8)}/${region}/s3/aws4_request`;
  const names = Object.keys(signed).sort().join(';');
  return {
    ...signed,
    'content-length': String(body?.length ?? 0),
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
