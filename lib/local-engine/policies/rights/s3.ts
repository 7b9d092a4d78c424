import type { Headers } from '../../s3/body.ts';
import type { BucketCall, ObjectCall } from '../../s3/call.ts';
import { unquoted } from '../../s3/conditions.ts';
import { BYPASS_HEADER } from '../../s3/object-lock.ts';
import type { Tag } from '../../s3/version.ts';
import type { Context } from '../condition.ts';
import type { Right } from '../right.ts';
import { readingKey, uploadKey, writingKey } from './s3-keys.ts';
import { bucketArn, existingTags, type ObjectName, ofBucket, ofObject, ofVersion } from './s3-target.ts';
import { beginningRights, creationRights, lockContext, partRights, requestedTags } from './s3-writing.ts';

/** What each action on a bucket needs. `DeleteObjects` asks for each of its objects by itself: they are named in the body. */
export const BUCKET_RIGHTS: Readonly<Record<string, (call: BucketCall) => Right[]>> = {
  GetBucketLocation: (call) => ofBucket(call, 'GetBucketLocation'),
  GetBucketVersioning: (call) => ofBucket(call, 'GetBucketVersioning'),
  GetBucketLifecycleConfiguration: (call) => ofBucket(call, 'GetLifecycleConfiguration'),
  GetBucketReplication: (call) => ofBucket(call, 'GetReplicationConfiguration'),
  GetObjectLockConfiguration: (call) => ofBucket(call, 'GetBucketObjectLockConfiguration'),
  HeadBucket: (call) => ofBucket(call, 'ListBucket'),
  ListObjectsV2: (call) => ofBucket(call, 'ListBucket', listing(call)),
  ListObjectVersions: (call) => ofBucket(call, 'ListBucketVersions', listing(call)),
  ListMultipartUploads: (call) => ofBucket(call, 'ListBucketMultipartUploads', listing(call)),
  DeleteObjects: () => [],
};

/** What each action on an object needs. `PutObjectTagging` and `PutObjectRetention` ask by themselves, once they have read what is wanted. */
export const OBJECT_RIGHTS: Readonly<Record<string, (call: ObjectCall) => Right[]>> = {
  GetObject: (call) => [...ofVersion(call, 'GetObject'), ...readingKey(call)],
  // Of what HeadObject tells only a checksum is encrypted.
  HeadObject: (call) => [
    ...ofVersion(call, 'GetObject'),
    ...(call.headers.get('x-amz-checksum-mode') === 'ENABLED' ? readingKey(call) : []),
  ],
  GetObjectTagging: (call) => ofVersion(call, 'GetObject', 'Tagging'),
  PutObjectTagging: () => [],
  DeleteObjectTagging: (call) => ofVersion(call, 'DeleteObject', 'Tagging'),
  GetObjectRetention: (call) => ofObject(call, 'GetObjectRetention', versionOf(call)),
  PutObjectRetention: () => [],
  GetObjectLegalHold: (call) => ofObject(call, 'GetObjectLegalHold', versionOf(call)),
  PutObjectLegalHold: (call) => ofObject(call, 'PutObjectLegalHold', versionOf(call)),
  RestoreObject: (call) => ofObject(call, 'RestoreObject', existingTags(call)),
  PutObject: (call) => [...creationRights(call), ...writingKey(call)],
  CreateMultipartUpload: (call) => [...beginningRights(call), ...writingKey(call)],
  UploadPart: (call) => [...partRights(call), ...uploadKey(call)],
  CompleteMultipartUpload: (call) => [...creationRights(call), ...uploadKey(call)],
  AbortMultipartUpload: (call) => ofObject(call, 'AbortMultipartUpload'),
  ListParts: (call) => [...ofObject(call, 'ListMultipartUploadParts'), ...uploadKey(call)],
  DeleteObject: (call) => [
    ...deletionRights(call, call.query.get('versionId'), call.headers.get('if-match')),
    ...bypassRights(call, call.headers),
  ],
};

export const ALL_BUCKETS_RIGHTS: Right[] = [{ action: 's3:ListAllMyBuckets', resource: 'arn:aws:s3:::*' }];

/** `etag`: the object must still be this one, which tells something about it to whoever may not read it. */
export function deletionRights(object: ObjectName, versionId: string | undefined, etag: string | undefined): Right[] {
  const action = versionId === undefined ? 'DeleteObject' : 'DeleteObjectVersion';
  return [
    ...ofObject(object, action, { 's3:versionid': versionId, 's3:if-match': etag && unquoted(etag) }),
    ...(etag === undefined ? [] : ofObject(object, 'GetObject')),
  ];
}

/** A lock on a version, or a looser one: there is one action for both, and one more for passing by a lock in governance mode. */
export function lockingRights(call: ObjectCall, lock: Parameters<typeof lockContext>[0]): Right[] {
  return [
    ...ofObject(call, 'PutObjectRetention', { ...versionOf(call), ...existingTags(call), ...lockContext(lock) }),
    ...bypassRights(call, call.headers),
  ];
}

export function bypassRights(object: ObjectName, headers: Headers): Right[] {
  return headers.get(BYPASS_HEADER)?.toLowerCase() === 'true' ? ofObject(object, 'BypassGovernanceRetention') : [];
}

export function taggingRights(call: ObjectCall, tags: readonly Tag[]): Right[] {
  return ofVersion(call, 'PutObject', 'Tagging', requestedTags(tags));
}

/**
 * Only who may list a key is told that it is missing. S3 takes the key for the prefix then: AWS does not say so, but others measured it
 * (ceph/ceph pull request 68577), and Terraform's own policy for a state in S3 relies on it.
 */
export function absenceRights({ bucket, key }: ObjectName): Right[] {
  return [{ action: 's3:ListBucket', resource: bucketArn(bucket.name), context: { 's3:prefix': key } }];
}

function versionOf({ query }: ObjectCall): Context {
  return { 's3:versionid': query.get('versionId') };
}

function listing({ query }: BucketCall): Context {
  return { 's3:prefix': query.get('prefix'), 's3:delimiter': query.get('delimiter'), 's3:max-keys': query.get('max-keys') };
}
