import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from './policies/condition.ts';
import type { Principal } from './policies/principal.ts';
import { ServiceError } from './service-error.ts';
import { signatureOf, uriEncode } from './sigv4.ts';

/** As much of a request as a signature covers. */
export interface SignedRequest {
  method?: string | undefined;
  url?: string | undefined;
  headers: IncomingHttpHeaders;
  /** Hex SHA-256 of the body where the caller has it: some clients sign it without naming it in `x-amz-content-sha256`. */
  payloadSha256?: string;
}

/** What belongs to an access key. */
export interface AccessKey {
  secretAccessKey: string;
  sessionToken?: string;
  /** Until when; for ever where it is not said. */
  expires?: Date;
  principal: Principal;
}

/** Who calls: whoever signed a request, and for which service and region. */
export interface Caller {
  principal: Principal;
  accessKeyId: string;
  service: string;
  region: string;
  /** What policies may ask about the way in which the call came. */
  context: Context;
}

interface Claim {
  accessKeyId: string;
  region: string;
  service: string;
  day: string;
  timestamp: string;
  signedHeaders: string[];
  signature: string;
  sessionToken: string | undefined;
  payloadHash: string | undefined;
  /** Seconds, only on presigned requests. */
  expires?: number;
}

const CLOCK_SKEW_MS = 15 * 60 * 1000;
const LONGEST_EXPIRY_SECONDS = 7 * 24 * 3600;

/**
 * Checks the AWS Signature Version 4 of a request, in its headers or in a presigned URL. The body itself is not read: whoever
 * reads it compares it with `x-amz-content-sha256`. Throws a {@link ServiceError} named as S3 names it: `AccessDenied`,
 * `AuthorizationHeaderMalformed`, `ExpiredToken`, `InvalidAccessKeyId`, `InvalidToken`, `RequestTimeTooSkewed`,
 * `SignatureDoesNotMatch`.
 */
export function authenticate(request: SignedRequest, lookup: (accessKeyId: string) => AccessKey | undefined, now: Date): Caller {
  const { path, query } = splitTarget(request.url ?? '/');
  const claim = request.headers.authorization
    ? headerClaim(request.headers.authorization, request)
    : queryClaim(new Map(query), request);
  const age = checkTime(claim, now);
  const key = lookup(claim.accessKeyId);
  if (!key) throw new ServiceError('InvalidAccessKeyId', `The access key id ${claim.accessKeyId} does not exist.`, 403);
  if (claim.sessionToken !== key.sessionToken) throw new ServiceError('InvalidToken', 'The session token is not valid.', 400);
  if (key.expires !== undefined && key.expires <= now) throw new ServiceError('ExpiredToken', 'The provided token has expired.');
  const expected = signatureOf(
    {
      method: request.method ?? 'GET',
      path: canonicalPath(path, claim.service),
      query: query.filter(([name]) => name !== 'X-Amz-Signature'),
      headers: claim.signedHeaders.map((name) => [name, headerText(request.headers, name)]),
      payloadHash: payloadHash(claim, request),
    },
    claim,
    key.secretAccessKey,
  );
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(claim.signature))) {
    const message = 'The request signature we calculated does not match the signature you provided.';
    throw new ServiceError('SignatureDoesNotMatch', message, 403);
  }
  const { accessKeyId, service, region } = claim;
  return { principal: key.principal, accessKeyId, service, region, context: contextOf(claim, age) };
}

/** The engine listens on the loopback interface only. */
const LOOPBACK = '127.0.0.1';

function contextOf({ expires, payloadHash: sha256 }: Claim, age: number): Context {
  return {
    'aws:sourceip': LOOPBACK,
    's3:authtype': expires === undefined ? 'REST-HEADER' : 'REST-QUERY-STRING',
    's3:signatureage': String(Math.max(0, age)),
    's3:signatureversion': 'AWS4-HMAC-SHA256',
    's3:x-amz-content-sha256': sha256,
  };
}

/** The raw path of a request target and its decoded query; throws `InvalidURI` where an escape is broken. */
export function splitTarget(url: string): { path: string; query: [string, string][] } {
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: [] };
  const pairs = url.slice(mark + 1).split('&');
  const query = pairs.filter(Boolean).map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [decodeUri(pair), ''] : [decodeUri(pair.slice(0, equals)), decodeUri(pair.slice(equals + 1))];
  });
  return { path: url.slice(0, mark), query };
}

function headerClaim(authorization: string, request: SignedRequest): Claim {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  if (!match) throw malformed('The authorization header is not AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature.');
  const [, credential, signedHeaders, signature] = match as unknown as [string, string, string, string];
  const claim = {
    ...parseCredential(credential),
    timestamp: single(request.headers['x-amz-date']) ?? '',
    signedHeaders: signedHeaders.split(';'),
    signature,
    sessionToken: single(request.headers['x-amz-security-token']),
    payloadHash: single(request.headers['x-amz-content-sha256']),
  };
  checkSignedHeaders(claim.signedHeaders, request.headers);
  return claim;
}

function queryClaim(query: Map<string, string>, request: SignedRequest): Claim {
  const parameter = (name: string): string => query.get(`X-Amz-${name}`) ?? '';
  if (!query.has('X-Amz-Signature')) throw new ServiceError('AccessDenied', 'The request is not signed.', 403);
  const expires = Number(parameter('Expires'));
  const signature = parameter('Signature');
  if (parameter('Algorithm') !== 'AWS4-HMAC-SHA256') throw queryError('X-Amz-Algorithm only supports AWS4-HMAC-SHA256.');
  if (!/^[0-9a-f]{64}$/.test(signature)) throw queryError('X-Amz-Signature must be 64 hexadecimal digits.');
  if (!Number.isInteger(expires) || expires < 1 || expires > LONGEST_EXPIRY_SECONDS) {
    throw queryError(`X-Amz-Expires must be between 1 and ${LONGEST_EXPIRY_SECONDS} seconds.`);
  }
  const claim = {
    ...parseCredential(parameter('Credential')),
    timestamp: parameter('Date'),
    signedHeaders: parameter('SignedHeaders').split(';'),
    signature,
    sessionToken: query.get('X-Amz-Security-Token'),
    payloadHash: query.get('X-Amz-Content-Sha256') ?? single(request.headers['x-amz-content-sha256']) ?? 'UNSIGNED-PAYLOAD',
    expires,
  };
  checkSignedHeaders(claim.signedHeaders, request.headers);
  return claim;
}

function parseCredential(credential: string): Pick<Claim, 'accessKeyId' | 'day' | 'region' | 'service'> {
  const [accessKeyId, day, region, service, end, ...rest] = credential.split('/');
  if (!accessKeyId || !day || !region || !service || end !== 'aws4_request' || rest.length > 0) {
    throw malformed('The credential is not <access key id>/<date>/<region>/<service>/aws4_request.');
  }
  return { accessKeyId, day, region, service };
}

/** An unsigned `x-amz-` header could be added by anyone on the way, so AWS refuses it. */
function checkSignedHeaders(signed: string[], headers: IncomingHttpHeaders): void {
  const unsigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))].find(
    (name) => !signed.includes(name),
  );
  if (unsigned) throw new ServiceError('AccessDenied', `The header ${unsigned} was present but not signed.`, 403);
}

/** The age of the signature in milliseconds, if it still holds. */
function checkTime(claim: Claim, now: Date): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claim.timestamp);
  if (!parts || claim.timestamp.slice(0, 8) !== claim.day) {
    throw new ServiceError('AccessDenied', `The date "${claim.timestamp}" is not that of the credential.`, 403);
  }
  const [year = 0, month = 0, day, hour, minute, second] = parts.slice(1).map(Number);
  const age = now.getTime() - Date.UTC(year, month - 1, day, hour, minute, second);
  if (claim.expires === undefined) {
    if (Math.abs(age) <= CLOCK_SKEW_MS) return age;
    throw new ServiceError('RequestTimeTooSkewed', 'The request time and the current time differ by more than 15 minutes.', 403);
  }
  if (age < -CLOCK_SKEW_MS) throw new ServiceError('AccessDenied', 'Request is not yet valid', 403);
  if (age > claim.expires * 1000) throw new ServiceError('AccessDenied', 'Request has expired', 403);
  return age;
}

/** S3 signs the path as it travels (encoded once); every other service encodes what travels once more. */
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path.split('/').map(decodeUri).map(uriEncode).join('/');
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(uriEncode(segment));
  }
  return `/${segments.join('/')}${path.endsWith('/') && segments.length > 0 ? '/' : ''}`;
}

function payloadHash(claim: Claim, request: SignedRequest): string {
  const claimed = claim.payloadHash;
  const actual = request.payloadSha256;
  const hash = claimed ?? actual;
  if (hash === undefined)
    throw new ServiceError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  if (claimed && actual && /^[0-9a-f]{64}$/.test(claimed) && claimed !== actual) {
    throw new ServiceError('XAmzContentSHA256Mismatch', 'The x-amz-content-sha256 header is not the hash of the body.');
  }
  return hash;
}

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ');
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Decodes percent escapes; throws `InvalidURI`. */
export function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError('InvalidURI', `Couldn't parse the specified URI: ${text}`);
  }
}

function malformed(message: string): ServiceError {
  return new ServiceError('AuthorizationHeaderMalformed', message, 400);
}

function queryError(message: string): ServiceError {
  return new ServiceError('AuthorizationQueryParametersError', message, 400);
}
