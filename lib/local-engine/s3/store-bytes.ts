import { createHash } from 'node:crypto';
import { objectAttributes } from './attributes.ts';
import type { Call, OpenBucket } from './call.ts';
import { startDigest } from './checksums.ts';
import { requireUsableKey } from './encryption.ts';
import { etagOf } from './write-object.ts';

/** Stores an object that a service of AWS delivers, with the bucket's own encryption and locks. */
export async function storeBytes(
  { bucket }: OpenBucket,
  { key, bytes, headers = {} }: { key: string; bytes: Buffer; headers?: Record<string, string> },
  { now, requireKey }: Pick<Call, 'now' | 'requireKey'>,
): Promise<void> {
  const attributes = objectAttributes(new Map(Object.entries(headers)), bucket.properties, now);
  await requireUsableKey({ requireKey }, attributes.encryption);
  const digest = startDigest('CRC64NVME');
  digest.update(bytes);
  const path = await bucket.stage((writer) => writer.append(bytes));
  const checksum = { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: digest.digest().toString('base64') } as const;
  const etag = etagOf(attributes.encryption, createHash('md5').update(bytes).digest('hex'));
  await bucket.commit({ ...attributes, key, path, size: bytes.length, etag, checksum }, { kind: 'none' }, bucket.sequence);
}
