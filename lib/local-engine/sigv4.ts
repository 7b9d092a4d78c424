import { createHash, createHmac } from 'node:crypto';

/** What AWS Signature Version 4 signs: the request in its canonical parts. */
export interface CanonicalRequest {
  method: string;
  /** Already canonical: each segment encoded as the service demands. */
  path: string;
  /** Decoded names and values, in any order, without `X-Amz-Signature`. */
  query: [string, string][];
  /** Lower-case names with trimmed values, in any order. */
  headers: [string, string][];
  /** Hex SHA-256 of the body, or one of the constants such as `UNSIGNED-PAYLOAD`. */
  payloadHash: string;
}

/** Which day, region and service a signature is valid for. */
export interface CredentialScope {
  /** `20261123T020000Z`. */
  timestamp: string;
  region: string;
  service: string;
}

/** Percent-encodes everything but the unreserved characters of RFC 3986 (`encodeURIComponent` leaves `!'()*` alone). */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The signature, 64 hexadecimal digits. */
export function signatureOf(request: CanonicalRequest, scope: CredentialScope, secretAccessKey: string): string {
  const day = scope.timestamp.slice(0, 8);
  const scopeText = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const digest = createHash('sha256').update(canonicalText(request)).digest('hex');
  const key = [day, scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, ['AWS4-HMAC-SHA256', scope.timestamp, scopeText, digest].join('\n')).toString('hex');
}

function canonicalText(request: CanonicalRequest): string {
  const headers = [...request.headers].sort(byName);
  const query = request.query.map(([name, value]): [string, string] => [uriEncode(name), uriEncode(value)]);
  return [
    request.method,
    request.path,
    query
      .sort((a, b) => byName(a, b) || compare(a[1], b[1]))
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    headers.map(([name]) => name).join(';'),
    request.payloadHash,
  ].join('\n');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function byName(a: [string, string], b: [string, string]): number {
  return compare(a[0], b[0]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
