import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../service-error.ts';
import type { Caller, SignedRequest } from '../signature.ts';
import type { Service, ServiceErrorLike, ServiceResponse } from './service.ts';

/** Room for the largest payload of a function; only S3, which streams, takes more. */
const bodyLimitBytes = 8 * 1024 * 1024;

/** Handles a request by itself, or gives false to let the next one try. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface FrontOptions {
  authenticate: (request: SignedRequest) => Caller;
  /** The services by the name that clients sign with (`states`, `ssm`, `logs`, …). */
  services: Record<string, Service>;
  /** Everything that is not signed for one of the services above. */
  s3: Handler;
  /** The engine's own calls: every path under `/_engine/` (no bucket's name can begin so). */
  control: Handler;
}

/** The one HTTP server of the engine, on a free port of the loopback interface. */
export class Front {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(options: FrontOptions): Promise<Front> {
    const server = createServer((request, response) => {
      dispatch(options, request, response).catch((error: unknown) => {
        process.stderr.write(`local engine: ${error instanceof Error ? error.stack : String(error)}\n`);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      });
    });
    // Node's default of five minutes for one request would cut every long upload.
    server.requestTimeout = 0;
    // SDK clients keep their connections; a server that closes one just as it is used again costs a retry.
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Front(server);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function dispatch(options: FrontOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.startsWith('/_engine/')) return options.control(request, response);
  const name = signedService(request);
  const service = name === undefined ? undefined : options.services[name];
  if (service !== undefined) return send(response, await answer(service, options, request));
  if (name === undefined || name === 's3') return options.s3(request, response);
  send(response, {
    status: 501,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'UnknownOperationException' },
    body: JSON.stringify({ __type: 'UnknownOperationException', message: `The engine has no service ${name}` }),
  });
}

async function answer(service: Service, options: FrontOptions, request: IncomingMessage): Promise<ServiceResponse> {
  try {
    const body = await readBody(request);
    const { method = 'GET', url = '/', headers } = request;
    const caller = options.authenticate({ method, url, headers, payloadSha256: createHash('sha256').update(body).digest('hex') });
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const path = pathname
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
    return await service.answer({ method, path, query: searchParams, headers, body, caller });
  } catch (error) {
    return service.failure(asServiceError(error));
  }
}

function asServiceError(error: unknown): ServiceErrorLike {
  if (error instanceof ServiceError) return error;
  process.stderr.write(`local engine: ${error instanceof Error ? error.stack : String(error)}\n`);
  return { code: 'InternalFailure', message: error instanceof Error ? error.message : String(error), status: 500 };
}

/** The service in the credential scope of a signed or presigned request: `…Credential=KEY/20261123/us-east-1/states/aws4_request…`. */
function signedService({ headers, url = '' }: IncomingMessage): string | undefined {
  const [, inHeader] = /Credential=[^/,]+\/\d+\/[^/,]+\/([^/,]+)\/aws4_request/.exec(headers.authorization ?? '') ?? [];
  if (inHeader !== undefined) return inHeader;
  const credential = url.includes('X-Amz-Credential=')
    ? new URL(url, 'http://localhost').searchParams.get('X-Amz-Credential')
    : null;
  return credential?.split('/')[3];
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyLimitBytes) throw new ServiceError('RequestEntityTooLargeException', 'The request is too large', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: ServiceResponse): void {
  response.writeHead(status, { 'x-amzn-requestid': randomUUID(), 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}
