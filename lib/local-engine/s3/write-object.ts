import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { objectAttributes } from './attributes.ts';
import { receiveBody } from './body.ts';
import { type ObjectCall, setHeaders } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { requireCondition, writeCondition } from './conditions.ts';
import { type Encryption, encryptionHeaders, requireUsableKey } from './encryption.ts';
import { expirationHeader } from './expiration-header.ts';
import { requireIntegrity } from './object-lock.ts';
import { versionHeader } from './read-object.ts';

/** PutObject: streamed to a file nobody sees, checked, and only then published. */
export async function putObject(call: ObjectCall): Promise<void> {
  const { request, response, bucket, key, headers, now } = call;
  const condition = writeCondition(headers);
  requireCondition(condition, bucket.index.newest(key));
  const since = bucket.sequence;
  const attributes = objectAttributes(headers, bucket.properties, now);
  requireIntegrity(headers, bucket.properties, attributes, 'Put Object');
  await requireUsableKey(call, attributes.encryption);
  const wish = { algorithm: 'CRC64NVME', md5: hasMd5Etag(attributes.encryption) } as const;
  let received: Awaited<ReturnType<typeof receiveBody>> | undefined;
  const path = await bucket.stage(async (writer) => {
    received = await receiveBody(request, headers, wish, (bytes) => writer.append(bytes));
  });
  const { algorithm, value } = received!.checksum;
  const staged = {
    ...attributes,
    key,
    path,
    size: received!.bytes,
    etag: etagOf(attributes.encryption, received!.md5),
    checksum: { algorithm, value, type: 'FULL_OBJECT' } as const,
  };
  const version = await bucket.commit(staged, condition, since).catch(async (error) => {
    await rm(path, { force: true });
    throw error;
  });
  setHeaders(response, {
    ...encryptionHeaders(version.encryption),
    ...versionHeader(bucket, version),
    ...expirationHeader(bucket, version),
    etag: `"${version.etag}"`,
    [checksumHeader(algorithm)]: value,
    'x-amz-checksum-type': 'FULL_OBJECT',
  });
  response.end();
}

/** With SSE-KMS the ETag is no MD5 of the content; code that takes it for one must fail here too, not only on AWS. */
export function hasMd5Etag(encryption: Encryption): boolean {
  return encryption.algorithm !== 'aws:kms';
}

/** The MD5 where S3 uses it, otherwise 32 arbitrary hexadecimal digits. */
export function etagOf(encryption: Encryption, md5: string | undefined): string {
  return hasMd5Etag(encryption) && md5 ? md5 : randomBytes(16).toString('hex');
}
