import type { ObjectCall } from '../../s3/call.ts';
import { chooseEncryption, type Encryption } from '../../s3/encryption.ts';
import type { Right } from '../right.ts';
import { bucketArn, storedVersion } from './s3-target.ts';

/** Reading an object decrypts its data key. */
export function readingKey(call: ObjectCall): Right[] {
  return keyRights(call, storedVersion(call)?.encryption, 'kms:Decrypt');
}

/** A new object, and an upload that begins, gets a data key. */
export function writingKey(call: ObjectCall): Right[] {
  return keyRights(call, chooseEncryption(call.headers, call.bucket.properties), 'kms:GenerateDataKey');
}

/** S3 reads the parts of an encrypted upload again, so whoever goes on with it must be able to decrypt. */
export function uploadKey(call: ObjectCall): Right[] {
  const upload = call.uploads.find(call.key, call.query.get('uploadId') ?? '');
  return keyRights(call, upload?.facts.encryption, 'kms:Decrypt');
}

/** What S3 tells the key is the bucket where the bucket has a key of its own, else the object. */
function keyRights({ bucket, key }: ObjectCall, encryption: Encryption | undefined, action: string): Right[] {
  if (encryption?.algorithm !== 'aws:kms' || encryption.keyId === undefined) return [];
  const context = {
    'kms:encryptioncontext:aws:s3:arn': encryption.bucketKey ? bucketArn(bucket.name) : `${bucketArn(bucket.name)}/${key}`,
    'kms:encryptioncontextkeys': ['aws:s3:arn'],
  };
  return [{ action, resource: encryption.keyId, context, via: 's3' }];
}
