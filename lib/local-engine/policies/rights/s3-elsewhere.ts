import type { Target } from '../../s3/call.ts';
import type { Right } from '../right.ts';
import { bucketArn, ofObject } from './s3-target.ts';

type Subresources = Readonly<Record<string, string>>;

/** Sub-resources of S3 that this server does not have, by method, with the action that policies know them under. */
const OF_BUCKET: Record<string, Subresources> = {
  GET: {
    acl: 'GetBucketAcl',
    cors: 'GetBucketCORS',
    encryption: 'GetEncryptionConfiguration',
    logging: 'GetBucketLogging',
    notification: 'GetBucketNotification',
    'object-lock': 'GetBucketObjectLockConfiguration',
    ownershipControls: 'GetBucketOwnershipControls',
    policy: 'GetBucketPolicy',
    publicAccessBlock: 'GetBucketPublicAccessBlock',
    replication: 'GetReplicationConfiguration',
    tagging: 'GetBucketTagging',
  },
  PUT: {
    acl: 'PutBucketAcl',
    cors: 'PutBucketCORS',
    encryption: 'PutEncryptionConfiguration',
    lifecycle: 'PutLifecycleConfiguration',
    logging: 'PutBucketLogging',
    notification: 'PutBucketNotification',
    'object-lock': 'PutBucketObjectLockConfiguration',
    ownershipControls: 'PutBucketOwnershipControls',
    policy: 'PutBucketPolicy',
    publicAccessBlock: 'PutBucketPublicAccessBlock',
    replication: 'PutReplicationConfiguration',
    tagging: 'PutBucketTagging',
    versioning: 'PutBucketVersioning',
  },
  DELETE: {
    lifecycle: 'PutLifecycleConfiguration',
    policy: 'DeleteBucketPolicy',
    replication: 'PutReplicationConfiguration',
    tagging: 'PutBucketTagging',
  },
};

const OF_OBJECT: Record<string, Subresources> = {
  GET: {
    acl: 'GetObjectAcl',
    attributes: 'GetObjectAttributes',
    'legal-hold': 'GetObjectLegalHold',
    retention: 'GetObjectRetention',
  },
  PUT: { acl: 'PutObjectAcl', 'legal-hold': 'PutObjectLegalHold', retention: 'PutObjectRetention' },
};

/**
 * What a request needs that this server does not carry out, so that who may not do it on AWS is told just that, and only who may learns
 * that it does not exist here. Nothing for what nobody has heard of.
 */
export function rightsElsewhere(method: string, { bucket, key, query, headers }: Target): Right[] {
  if (bucket === undefined) return [];
  const table = (key === undefined ? OF_BUCKET : OF_OBJECT)[method] ?? {};
  const action = [...query.keys()].map((name) => table[name]).find((name) => name !== undefined);
  if (key === undefined) {
    const plain = { PUT: 'CreateBucket', DELETE: 'DeleteBucket', GET: 'ListBucket' }[method];
    const wanted = action ?? (query.size === 0 ? plain : undefined);
    return wanted === undefined ? [] : [{ action: `s3:${wanted}`, resource: bucketArn(bucket) }];
  }
  const object = { bucket: { name: bucket }, key };
  const source = headers.get('x-amz-copy-source');
  if (method === 'PUT' && source !== undefined) {
    const creates = query.has('uploadId') ? 'false' : 'true';
    return ofObject(object, 'PutObject', {
      's3:objectcreationoperation': creates,
      's3:if-none-match': headers.get('if-none-match'),
      's3:if-match': headers.get('if-match'),
    });
  }
  return action === undefined ? [] : ofObject(object, action);
}
