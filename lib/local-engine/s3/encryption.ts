import { ServiceError } from '../service-error.ts';
import type { Headers } from './body.ts';
import type { BucketProperties } from './bucket-properties.ts';
import type { Call } from './call.ts';
import { notImplemented, S3Error } from './s3-error.ts';

/** What S3 says about the encryption of an object. The bytes on this disk are plain: only the answers are modelled. */
export interface Encryption {
  algorithm: 'AES256' | 'aws:kms';
  keyId?: string;
  bucketKey?: boolean;
}

const ALGORITHM = 'x-amz-server-side-encryption';
const KEY_ID = 'x-amz-server-side-encryption-aws-kms-key-id';
const BUCKET_KEY = 'x-amz-server-side-encryption-bucket-key-enabled';

export const ENCRYPTION_HEADERS = [ALGORITHM, KEY_ID, BUCKET_KEY];

/** What the request asks for, otherwise the bucket's default, otherwise AES256 (S3's own default since 2023). */
export function chooseEncryption(headers: Headers, properties: BucketProperties): Encryption {
  const byDefault = bucketDefault(properties);
  const algorithm = headers.get(ALGORITHM);
  if (algorithm === undefined) {
    if (headers.has(KEY_ID)) throw new S3Error('InvalidArgument', `${KEY_ID} needs ${ALGORITHM}: aws:kms.`);
    return byDefault;
  }
  if (algorithm === 'AES256') return { algorithm };
  if (algorithm !== 'aws:kms') throw notImplemented(`${ALGORITHM}: ${algorithm}`);
  const keyId = headers.get(KEY_ID) ?? byDefault.keyId ?? 'alias/aws/s3';
  const bucketKey = headers.get(BUCKET_KEY);
  return { algorithm, keyId, bucketKey: bucketKey === undefined ? byDefault.bucketKey : bucketKey === 'true' };
}

/**
 * Without its key S3 neither writes nor reads an object. The bytes here are plain, so this is all that a key's state does. Throws
 * `KMS.DisabledException`, `KMS.KMSInvalidStateException` and so on.
 */
export async function requireUsableKey({ requireKey }: Pick<Call, 'requireKey'>, { keyId }: Encryption): Promise<void> {
  if (keyId === undefined) return;
  try {
    await requireKey(keyId);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new S3Error(`KMS.${error.code}`, error.message);
  }
}

/** The response headers that name the encryption. */
export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  return {
    [ALGORITHM]: encryption.algorithm,
    ...(encryption.keyId && { [KEY_ID]: encryption.keyId }),
    ...(encryption.bucketKey && { [BUCKET_KEY]: 'true' }),
  };
}

function bucketDefault(properties: BucketProperties): Encryption {
  const rule = properties.BucketEncryption?.ServerSideEncryptionConfiguration[0];
  const byDefault = rule?.ServerSideEncryptionByDefault;
  if (byDefault?.SSEAlgorithm !== 'aws:kms') return { algorithm: 'AES256' };
  return { algorithm: 'aws:kms', keyId: byDefault.KMSMasterKeyID ?? 'alias/aws/s3', bucketKey: rule?.BucketKeyEnabled ?? false };
}
