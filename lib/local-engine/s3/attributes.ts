import type { Headers } from './body.ts';
import type { BucketProperties } from './bucket-properties.ts';
import { chooseEncryption } from './encryption.ts';
import { requestedLock } from './object-lock.ts';
import { S3Error } from './s3-error.ts';
import { storageClassOf } from './storage-class.ts';
import { parseTagHeader } from './tags.ts';
import type { ObjectAttributes } from './version.ts';

const KEPT = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires'];
const META = 'x-amz-meta-';
const LARGEST_METADATA = 2048;

/** What PutObject and CreateMultipartUpload keep of their headers. Throws `MetadataTooLarge`, `InvalidTag`, `NotImplemented` and so on. */
export function objectAttributes(headers: Headers, properties: BucketProperties, now: Date): ObjectAttributes {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    if (KEPT.includes(name)) kept[name] = value;
    if (!name.startsWith(META)) continue;
    kept[name] = value;
    metadataBytes += Buffer.byteLength(name) - META.length + Buffer.byteLength(value);
  }
  if (metadataBytes > LARGEST_METADATA)
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size.');
  const encoding = withoutChunking(kept['content-encoding']);
  if (encoding) kept['content-encoding'] = encoding;
  else delete kept['content-encoding'];
  return {
    headers: kept,
    tags: parseTagHeader(headers.get('x-amz-tagging')),
    encryption: chooseEncryption(headers, properties),
    storageClass: storageClassOf(headers),
    ...requestedLock(headers, properties, now),
  };
}

/** `aws-chunked` describes the transfer and not the object. */
function withoutChunking(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== 'aws-chunked')
    .join(',');
}
