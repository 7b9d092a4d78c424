import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Right } from '../policies/right.ts';
import { decodeUri, splitTarget } from '../signature.ts';
import type { Headers } from './body.ts';
import type { Bucket } from './bucket.ts';
import { S3Error } from './s3-error.ts';
import type { UploadStore } from './upload-store.ts';
import { type XmlValue, xmlDocument } from './xml.ts';

/** What a request points at, before anything is looked up. */
export interface Target {
  bucket: string | undefined;
  key: string | undefined;
  query: Map<string, string>;
  headers: Headers;
}

export interface OpenBucket {
  bucket: Bucket;
  region: string;
  uploads: UploadStore;
}

/** One request on its way through the service. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  query: Map<string, string>;
  headers: Headers;
  /** Throws a `ServiceError` of KMS for a key that cannot be used now. */
  requireKey: (key: string) => Promise<void>;
  now: Date;
  /** Asks whether the caller may; throws `AccessDenied`. Already done before an action begins, as far as its body need not be read for it. */
  permit: (rights: readonly Right[]) => void;
}

export interface BucketCall extends Call, OpenBucket {}

export interface ObjectCall extends BucketCall {
  key: string;
}

const PRESIGN = ['algorithm', 'content-sha256', 'credential', 'date', 'expires', 'security-token', 'signature', 'signedheaders'];

/**
 * Reads bucket, key, query and headers of a path-style request. The SDK's presigner moves `x-amz-` headers into the query of the
 * URL; they are put back here, and the parameters of the signature itself are left out.
 */
export function parseTarget(request: IncomingMessage): Target {
  const { path, query: pairs } = splitTarget(request.url ?? '/');
  const headers: Headers = new Map();
  for (const [name, values] of Object.entries(request.headersDistinct)) headers.set(name, (values ?? []).join(','));
  const query = new Map<string, string>();
  const presigned = pairs.some(([name]) => name === 'X-Amz-Signature');
  for (const [name, value] of pairs) {
    const header = name.toLowerCase();
    if (presigned && header.startsWith('x-amz-')) {
      if (header === 'x-amz-content-sha256' || !PRESIGN.includes(header.slice('x-amz-'.length))) headers.set(header, value);
    } else if (query.has(name)) {
      throw new S3Error('InvalidArgument', `The query parameter ${name} was given twice.`);
    } else {
      query.set(name, value);
    }
  }
  const [, bucket = '', ...rest] = path.split('/');
  const key = rest.map(decodeUri).join('/');
  return { bucket: decodeUri(bucket) || undefined, key: key || undefined, query, headers };
}

/** Sets the headers that have a value. */
export function setHeaders(response: ServerResponse, headers: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}

export function answerXml(response: ServerResponse, root: string, content: XmlValue): void {
  const document = xmlDocument(root, content);
  response.setHeader('content-type', 'application/xml');
  response.setHeader('content-length', Buffer.byteLength(document));
  response.end(document);
}
