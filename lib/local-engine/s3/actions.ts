import {
  getBucketLifecycle,
  getBucketLocation,
  getBucketReplication,
  getBucketVersioning,
  headBucket,
} from './bucket-actions.ts';
import type { BucketCall, ObjectCall, Target } from './call.ts';
import { CHECKSUM_ALGORITHMS, checksumHeader } from './checksums.ts';
import { completeMultipartUpload } from './complete-upload.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { ENCRYPTION_HEADERS } from './encryption.ts';
import { listObjectsV2, listObjectVersions } from './list-objects.ts';
import { abortMultipartUpload, createMultipartUpload, listMultipartUploads, listParts, uploadPart } from './multipart-actions.ts';
import { BYPASS_HEADER, LOCK_HEADERS } from './object-lock.ts';
import {
  getObjectLegalHold,
  getObjectLockConfiguration,
  getObjectLockPeriod,
  putObjectLegalHold,
  putObjectLockPeriod,
} from './object-lock-actions.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.ts';
import { readObject } from './read-object.ts';
import { notImplemented } from './s3-error.ts';
import { thawObject } from './thaw-object.ts';
import { putObject } from './write-object.ts';

interface ActionShape {
  name: string;
  method: string;
  /** Query parameters that must be there for the request to mean this action. */
  marks?: string[];
  /** Query parameters that may be there. */
  query?: string[];
  /** `x-amz-` headers and conditions that the action heeds. */
  headers?: string[];
}

export type BucketAction = ActionShape & { handle: (call: BucketCall) => Promise<void> };
export type ObjectAction = ActionShape & { handle: (call: ObjectCall) => Promise<void> };

const BODY = ['x-amz-decoded-content-length', 'x-amz-trailer', 'x-amz-sdk-checksum-algorithm'];
const CONDITIONS = ['if-match', 'if-none-match'];
const ATTRIBUTES = ['x-amz-tagging', 'x-amz-storage-class', ...ENCRYPTION_HEADERS, ...LOCK_HEADERS];
const LISTING = ['prefix', 'delimiter', 'encoding-type'];
// The SDK adds the checksum of its empty body to a GET when it is not to check the answer (responseChecksumValidation).
const CHECKSUMS = CHECKSUM_ALGORITHMS.map(checksumHeader);
const ALWAYS = ['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', 'x-amz-user-agent', ...CHECKSUMS];
// A condition that is not heeded is a write that should not have happened.
const HEEDED_OR_REFUSED = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range'];

export const BUCKET_ACTIONS: BucketAction[] = [
  { name: 'GetBucketLocation', method: 'GET', marks: ['location'], handle: getBucketLocation },
  { name: 'GetBucketVersioning', method: 'GET', marks: ['versioning'], handle: getBucketVersioning },
  { name: 'GetBucketLifecycleConfiguration', method: 'GET', marks: ['lifecycle'], handle: getBucketLifecycle },
  { name: 'GetBucketReplication', method: 'GET', marks: ['replication'], handle: getBucketReplication },
  { name: 'GetObjectLockConfiguration', method: 'GET', marks: ['object-lock'], handle: getObjectLockConfiguration },
  {
    name: 'ListObjectVersions',
    method: 'GET',
    marks: ['versions'],
    query: [...LISTING, 'max-keys', 'key-marker', 'version-id-marker'],
    handle: listObjectVersions,
  },
  {
    name: 'ListMultipartUploads',
    method: 'GET',
    marks: ['uploads'],
    query: [...LISTING, 'max-uploads', 'key-marker', 'upload-id-marker'],
    handle: listMultipartUploads,
  },
  {
    name: 'ListObjectsV2',
    method: 'GET',
    marks: ['list-type'],
    query: [...LISTING, 'max-keys', 'start-after', 'continuation-token'],
    handle: listObjectsV2,
  },
  { name: 'HeadBucket', method: 'HEAD', handle: headBucket },
  { name: 'DeleteObjects', method: 'POST', marks: ['delete'], headers: [...BODY, BYPASS_HEADER], handle: deleteObjects },
];

export const OBJECT_ACTIONS: ObjectAction[] = [
  { name: 'ListParts', method: 'GET', marks: ['uploadId'], query: ['max-parts', 'part-number-marker'], handle: listParts },
  { name: 'GetObjectTagging', method: 'GET', marks: ['tagging'], query: ['versionId'], handle: getObjectTagging },
  { name: 'GetObjectRetention', method: 'GET', marks: ['retention'], query: ['versionId'], handle: getObjectLockPeriod },
  { name: 'GetObjectLegalHold', method: 'GET', marks: ['legal-hold'], query: ['versionId'], handle: getObjectLegalHold },
  { name: 'GetObject', method: 'GET', query: ['versionId'], headers: ['x-amz-checksum-mode', ...CONDITIONS], handle: readObject },
  {
    name: 'HeadObject',
    method: 'HEAD',
    query: ['versionId'],
    headers: ['x-amz-checksum-mode', ...CONDITIONS],
    handle: readObject,
  },
  { name: 'PutObjectTagging', method: 'PUT', marks: ['tagging'], query: ['versionId'], headers: BODY, handle: putObjectTagging },
  {
    name: 'PutObjectRetention',
    method: 'PUT',
    marks: ['retention'],
    query: ['versionId'],
    headers: [...BODY, BYPASS_HEADER],
    handle: putObjectLockPeriod,
  },
  {
    name: 'PutObjectLegalHold',
    method: 'PUT',
    marks: ['legal-hold'],
    query: ['versionId'],
    headers: BODY,
    handle: putObjectLegalHold,
  },
  { name: 'UploadPart', method: 'PUT', marks: ['uploadId', 'partNumber'], headers: BODY, handle: uploadPart },
  { name: 'PutObject', method: 'PUT', headers: [...BODY, ...ATTRIBUTES, ...CONDITIONS], handle: putObject },
  {
    name: 'CreateMultipartUpload',
    method: 'POST',
    marks: ['uploads'],
    headers: [...ATTRIBUTES, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
    handle: createMultipartUpload,
  },
  { name: 'RestoreObject', method: 'POST', marks: ['restore'], query: ['versionId'], headers: BODY, handle: thawObject },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    marks: ['uploadId'],
    headers: [...BODY, ...CONDITIONS, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
    handle: completeMultipartUpload,
  },
  { name: 'AbortMultipartUpload', method: 'DELETE', marks: ['uploadId'], handle: abortMultipartUpload },
  { name: 'DeleteObjectTagging', method: 'DELETE', marks: ['tagging'], query: ['versionId'], handle: deleteObjectTagging },
  { name: 'DeleteObject', method: 'DELETE', query: ['versionId'], headers: [...CONDITIONS, BYPASS_HEADER], handle: deleteObject },
];

/**
 * The action a request means. Whatever the request carries must be understood: an unknown sub-resource, parameter or header is a
 * `NotImplemented` that names it, because ignoring it would carry out another request than the one that was sent. (An emulator
 * that took `?tagging` for an ordinary PUT replaced the object by the XML of its tags.)
 */
export function chooseAction<T extends ActionShape>(actions: T[], method: string, target: Target): T {
  const id = target.query.get('x-id');
  const action = actions.find((a) => a.method === method && (a.marks ?? []).every((mark) => target.query.has(mark)));
  if (!action) throw notImplemented(`${method} ?${[...target.query.keys()].join('&')}`);
  if (target.headers.has('x-amz-copy-source'))
    throw notImplemented(action.name === 'UploadPart' ? 'UploadPartCopy' : 'CopyObject');
  if (id !== undefined && id !== action.name) throw notImplemented(id);
  const parameters = ['x-id', ...(action.marks ?? []), ...(action.query ?? [])];
  const parameter = [...target.query.keys()].find((name) => !parameters.includes(name));
  if (parameter !== undefined) throw notImplemented(`${action.name} with the query parameter ${parameter}`);
  const known = [...ALWAYS, ...(action.headers ?? [])];
  const header = [...target.headers.keys()].find((name) => mattersTo(action, name) && !known.includes(name));
  if (header !== undefined) throw notImplemented(`${action.name} with the header ${header}`);
  return action;
}

function mattersTo(action: ActionShape, header: string): boolean {
  const metadata = header.startsWith('x-amz-meta-') && ['PutObject', 'CreateMultipartUpload'].includes(action.name);
  return (header.startsWith('x-amz-') && !metadata) || HEEDED_OR_REFUSED.includes(header);
}
