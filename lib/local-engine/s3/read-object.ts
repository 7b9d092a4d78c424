import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bucket } from './bucket.ts';
import { type ByteRange, parseRange } from './byte-range.ts';
import { type ObjectCall, setHeaders } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { requireReadable } from './conditions.ts';
import { encryptionHeaders, requireUsableKey } from './encryption.ts';
import { expirationHeader } from './expiration-header.ts';
import { lockHeaders } from './object-lock.ts';
import { replicationHeader } from './replication-status.ts';
import { S3Error } from './s3-error.ts';
import { requireReachable, storageClassHeaders } from './storage-class.ts';
import type { ObjectVersion, Version } from './version.ts';

const READ_BYTES = 256 * 1024;

/** GetObject and HeadObject. The size is that of the real file: who edits or cuts it must be seen. */
export async function readObject(call: ObjectCall): Promise<void> {
  const { request, response, bucket, headers } = call;
  const version = requestedVersion(call);
  const file = await openBytes(bucket, version, call.query.has('versionId'));
  try {
    const { size } = await file.stat();
    requireReadable(headers, version);
    if (request.method !== 'HEAD') requireReachable(version, call.now);
    // HEAD reads no bytes; only the checksum in its answer needs the key (API reference, HeadObject, x-amz-checksum-mode).
    if (request.method !== 'HEAD' || headers.has('x-amz-checksum-mode')) await requireUsableKey(call, version.encryption);
    const range = parseRange(headers.get('range'), size);
    setHeaders(response, {
      ...objectHeaders(bucket, version),
      ...storageClassHeaders(version, call.now),
      ...expirationHeader(bucket, version),
    });
    if (!range && headers.get('x-amz-checksum-mode') === 'ENABLED') {
      const { algorithm, value, type } = version.checksum;
      setHeaders(response, { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': type });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    if (range) setHeaders(response, { 'content-range': `bytes ${start}-${end}/${size}` });
    response.statusCode = range ? 206 : 200;
    response.setHeader('content-length', end - start + 1);
    if (request.method === 'HEAD' || end < start) response.end();
    else await send(file, { start, end }, call);
  } finally {
    await file.close();
  }
}

/** The version a call names, or the current one; throws as S3 does for a missing key, a missing version or a delete marker. */
export function requestedVersion({ bucket, key, query }: ObjectCall): ObjectVersion {
  const versionId = query.get('versionId');
  const version = versionId === undefined ? bucket.index.newest(key) : bucket.index.find(key, versionId);
  if (!version) throw missing(versionId !== undefined);
  if (!version.deleteMarker) return version;
  const marker = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId };
  if (versionId === undefined) throw new S3Error('NoSuchKey', 'The specified key does not exist.', {}, marker);
  const message = 'The specified method is not allowed against this resource.';
  throw new S3Error('MethodNotAllowed', message, { ResourceType: 'DeleteMarker' }, { ...marker, allow: 'DELETE' });
}

/** `x-amz-version-id`, which S3 leaves out while versioning was never enabled. */
export function versionHeader(bucket: Bucket, version: Version): Record<string, string> {
  return bucket.versioning ? { 'x-amz-version-id': version.versionId } : {};
}

function objectHeaders(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  return {
    ...version.headers,
    ...encryptionHeaders(version.encryption),
    ...lockHeaders(version),
    ...replicationHeader(version),
    ...versionHeader(bucket, version),
    ...(version.tags.length > 0 && { 'x-amz-tagging-count': String(version.tags.length) }),
    'accept-ranges': 'bytes',
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.lastModified).toUTCString(),
  };
}

async function openBytes(bucket: Bucket, version: ObjectVersion, byVersion: boolean): Promise<FileHandle> {
  try {
    return await open(join(bucket.objects, version.file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(byVersion);
    throw error;
  }
}

async function send(file: FileHandle, { start, end }: ByteRange, call: ObjectCall): Promise<void> {
  const source = file.createReadStream({ start, end, highWaterMark: READ_BYTES, autoClose: false });
  try {
    await pipeline(source, call.response, { end: false });
  } catch (error) {
    // The reader went away: its business. Anything else breaks the connection, see answerError.
    if (!call.response.destroyed) throw error;
    return;
  }
  if (source.bytesRead === end - start + 1) call.response.end();
  else call.response.destroy(); // cut while it was being read: a broken connection tells the client, silence would not
}

function missing(byVersion: boolean): S3Error {
  if (byVersion) return new S3Error('NoSuchVersion', 'The specified version does not exist.');
  return new S3Error('NoSuchKey', 'The specified key does not exist.');
}
