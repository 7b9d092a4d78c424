import { nameOf } from '../policies/principal.ts';
import { uriEncode } from '../sigv4.ts';
import type { LifecycleEvent } from './carry-out-lifecycle.ts';
import type { RequestRecord } from './request-record.ts';

/** The owner of every bucket here, as ListBuckets names him. */
const OWNER = 'local';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `REST.METHOD.RESOURCE` of each action, as far as the resource is not simply the object or the bucket. */
const RESOURCES: Record<string, string> = {
  AbortMultipartUpload: 'UPLOAD',
  CompleteMultipartUpload: 'UPLOAD',
  CreateMultipartUpload: 'UPLOADS',
  DeleteObjects: 'MULTI_OBJECT_DELETE',
  DeleteObjectTagging: 'OBJECT_TAGGING',
  GetBucketLifecycleConfiguration: 'LIFECYCLE',
  GetBucketLocation: 'LOCATION',
  GetBucketReplication: 'REPLICATION',
  GetBucketVersioning: 'VERSIONING',
  GetObjectLegalHold: 'OBJECT_LEGAL_HOLD',
  GetObjectLockConfiguration: 'OBJECT_LOCK_CONFIGURATION',
  GetObjectRetention: 'OBJECT_RETENTION',
  GetObjectTagging: 'OBJECT_TAGGING',
  ListMultipartUploads: 'UPLOADS',
  ListObjectVersions: 'BUCKETVERSIONS',
  ListParts: 'UPLOAD',
  PutObjectLegalHold: 'OBJECT_LEGAL_HOLD',
  PutObjectRetention: 'OBJECT_RETENTION',
  PutObjectTagging: 'OBJECT_TAGGING',
  UploadPart: 'PART',
};

/**
 * One record of a server access log, 26 fields (S3 user guide, Amazon S3 server access log format). What has no meaning on a loopback
 * address (host id, cipher, TLS, access point) is `-`.
 */
export function accessLogLine(record: RequestRecord): string {
  const { headers, caller } = record;
  const version = record.query.get('versionId');
  return fields([
    OWNER,
    record.bucket,
    time(record.at),
    '127.0.0.1',
    nameOf(caller.principal),
    record.id,
    `REST.${record.method}.${resource(record)}`,
    record.key === undefined ? undefined : encoded(record.key),
    quoted(`${record.method} ${record.url} HTTP/1.1`),
    String(record.status),
    record.errorCode,
    positive(record.bytesOut),
    positive(record.objectSize),
    String(record.milliseconds),
    String(record.milliseconds),
    quoted(headers.get('referer') ?? '-'),
    quoted(headers.get('user-agent') ?? '-'),
    version,
    undefined,
    'SigV4',
    undefined,
    record.presigned ? 'QueryString' : 'AuthHeader',
    headers.get('host'),
    undefined,
    undefined,
    undefined,
  ]);
}

/** What lifecycle did is in the log of its bucket too (user guide, How S3 Lifecycle interacts with other bucket configurations). */
export function lifecycleLogLine(event: LifecycleEvent, id: string): string {
  const { bucket, key, versionId, operation } = event;
  const head = [OWNER, bucket, time(new Date(event.at)), undefined, 'AmazonS3', id, operation, encoded(key)];
  const version = [undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, versionId];
  return fields([...head, ...version, ...Array.from({ length: 8 }, () => undefined)]);
}

/** The day of a record, `2019-02-06`. */
export function dayOf(line: string): string {
  const [, day, month = '', year] = /\[(\d\d)\/(\w{3})\/(\d{4}):/.exec(line) ?? [];
  return `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${day}`;
}

function resource({ action, key }: RequestRecord): string {
  return RESOURCES[action ?? ''] ?? (action === 'RestoreObject' ? 'RESTORE' : key === undefined ? 'BUCKET' : 'OBJECT');
}

function fields(values: (string | null | undefined)[]): string {
  return values.map((value) => value || '-').join(' ');
}

function time(at: Date): string {
  const [date = '', clock = ''] = at.toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `[${day}/${MONTHS[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000]`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '%22')}"`;
}

function encoded(key: string): string {
  return key.split('/').map(uriEncode).join('/');
}

function positive(value: number | undefined): string | undefined {
  return value ? String(value) : undefined;
}
