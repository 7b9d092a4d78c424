import { uriEncode } from '../sigv4.ts';
import { answerXml, type BucketCall } from './call.ts';
import { type ListQuery, listObjects, listVersions, type Resume, type VersionMarker } from './listing.ts';
import { pageSize } from './paging.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { ObjectVersion, Version } from './version.ts';
import type { XmlValue } from './xml.ts';

type Encode = (text: string) => string;

/** ListObjectsV2. */
export async function listObjectsV2({ response, bucket, query }: BucketCall): Promise<void> {
  if (query.get('list-type') !== '2') throw notImplemented(`list-type=${query.get('list-type')}`);
  const encode = keyEncoder(query);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const resume = token === undefined ? startAfter && { after: startAfter } : decodeToken(token);
  const { prefix, delimiter, limit } = scope(query);
  const page = listObjects(bucket.index, { prefix, delimiter, limit, resume: resume || undefined });
  answerXml(response, 'ListBucketResult', {
    Name: bucket.name,
    Prefix: encode(prefix),
    StartAfter: startAfter && encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: page.next && encodeToken(page.next),
    KeyCount: page.items.length + page.prefixes.length,
    MaxKeys: limit,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.get('encoding-type'),
    IsTruncated: page.next !== undefined,
    Contents: page.items.map((version) => ({ Key: encode(version.key), ...objectFacts(version) })),
    CommonPrefixes: page.prefixes.map((shared) => ({ Prefix: encode(shared) })),
  });
}

/** ListObjectVersions. */
export async function listObjectVersions({ response, bucket, query }: BucketCall): Promise<void> {
  const encode = keyEncoder(query);
  const { prefix, delimiter, limit } = scope(query);
  const marker = versionMarker(query);
  const page = listVersions(bucket.index, { prefix, delimiter, limit }, marker);
  const entry = ({ version, isLatest }: { version: Version; isLatest: boolean }): XmlValue => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: isLatest,
    ...(version.deleteMarker ? { LastModified: version.lastModified } : objectFacts(version)),
  });
  answerXml(response, 'ListVersionsResult', {
    Name: bucket.name,
    Prefix: encode(prefix),
    KeyMarker: encode(marker?.key ?? ''),
    VersionIdMarker: marker?.versionId ?? '',
    NextKeyMarker: page.next && encode(page.next.key),
    NextVersionIdMarker: page.next?.versionId,
    MaxKeys: limit,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: query.get('encoding-type'),
    IsTruncated: page.next !== undefined,
    Version: page.items.filter(({ version }) => !version.deleteMarker).map(entry),
    DeleteMarker: page.items.filter(({ version }) => version.deleteMarker).map(entry),
    CommonPrefixes: page.prefixes.map((shared) => ({ Prefix: encode(shared) })),
  });
}

/** How keys are written into a listing: XML cannot carry every character, so clients may ask for percent escapes. */
export function keyEncoder(query: Map<string, string>): Encode {
  const encoding = query.get('encoding-type');
  if (encoding === undefined) return (text) => text;
  if (encoding !== 'url') throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return (text) => text.split('/').map(uriEncode).join('/');
}

function scope(query: Map<string, string>): Omit<ListQuery, 'resume'> {
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    limit: pageSize(query.get('max-keys'), 'max-keys'),
  };
}

function versionMarker(query: Map<string, string>): VersionMarker | undefined {
  const key = query.get('key-marker') || undefined;
  const versionId = query.get('version-id-marker') || undefined;
  if (key === undefined && versionId !== undefined) {
    throw new S3Error('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  }
  return key === undefined ? undefined : { key, versionId };
}

function objectFacts(version: ObjectVersion): Record<string, XmlValue> {
  return {
    LastModified: version.lastModified,
    ETag: `"${version.etag}"`,
    ChecksumAlgorithm: version.checksum.algorithm,
    ChecksumType: version.checksum.type,
    Size: version.size,
    StorageClass: version.storageClass ?? 'STANDARD',
  };
}

function encodeToken(resume: Resume): string {
  return Buffer.from(JSON.stringify(resume)).toString('base64url');
}

function decodeToken(token: string): Resume {
  try {
    const resume = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    if (typeof resume.after === 'string') return { after: resume.after };
    if (typeof resume.afterPrefix === 'string') return { afterPrefix: resume.afterPrefix };
  } catch {
    // Not one of ours: refused below like any other wrong token.
  }
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
}
