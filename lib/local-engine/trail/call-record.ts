import { randomUUID } from 'node:crypto';
import type { RequestRecord } from '../s3/request-record.ts';
import type { SelectableCall } from './selector.ts';
import { userIdentity } from './user-identity.ts';

/** A CloudTrail record of an S3 call, as far as the fields mean anything here. */
export type CallRecord = Record<string, unknown> & { eventID: string; eventTime: string; awsRegion: string };

/**
 * The actions that are data events, by the names that CloudTrail has for them (EventBridge console, S3 object-level operations). Both
 * versions of listing are one event.
 */
const DATA_EVENTS: Record<string, string> = {
  GetObjectLegalHold: 'GetObjectLockLegalHold',
  GetObjectRetention: 'GetObjectLockRetention',
  ListObjectsV2: 'ListObjects',
  PutObjectLegalHold: 'PutObjectLockLegalHold',
  PutObjectRetention: 'PutObjectLockRetention',
  ...Object.fromEntries(
    [
      'AbortMultipartUpload',
      'CompleteMultipartUpload',
      'CreateMultipartUpload',
      'DeleteObject',
      'DeleteObjects',
      'DeleteObjectTagging',
      'GetObject',
      'GetObjectTagging',
      'HeadBucket',
      'HeadObject',
      'ListMultipartUploads',
      'ListObjectVersions',
      'ListParts',
      'PutObject',
      'PutObjectTagging',
      'RestoreObject',
      'UploadPart',
    ].map((name) => [name, name]),
  ),
};

/** What selectors look at, or undefined for a call that is no data event. */
export function selectable(record: RequestRecord): SelectableCall | undefined {
  const eventName = DATA_EVENTS[record.action ?? ''];
  if (eventName === undefined) return undefined;
  return {
    eventName,
    readOnly: /^(Get|Head|List)/.test(eventName),
    resourceArn: resourceArn(record),
    identityArn: String(userIdentity(record.caller, record.at).arn),
  };
}

/** The record of a call. A DeleteObjects says nothing about which keys it removed (S3 user guide, Amazon S3 CloudTrail events). */
export function callRecord(record: RequestRecord, { eventName, readOnly }: SelectableCall, region: string): CallRecord {
  const identity = userIdentity(record.caller, record.at);
  const host = `${record.bucket}.s3.${region}.amazonaws.com`;
  return {
    eventVersion: '1.11',
    userIdentity: identity,
    eventTime: `${record.at.toISOString().slice(0, 19)}Z`,
    eventSource: 's3.amazonaws.com',
    eventName,
    awsRegion: region,
    sourceIPAddress: '127.0.0.1',
    userAgent: `[${record.headers.get('user-agent') ?? ''}]`,
    ...(record.errorCode !== undefined && { errorCode: record.errorCode, errorMessage: record.errorMessage }),
    requestParameters: {
      bucketName: record.bucket,
      Host: host,
      ...(record.key !== undefined && { key: record.key }),
      ...Object.fromEntries(record.query),
    },
    responseElements: null,
    additionalEventData: {
      SignatureVersion: 'SigV4',
      AuthenticationMethod: record.presigned ? 'QueryString' : 'AuthHeader',
      bytesTransferredIn: record.bytesIn,
      bytesTransferredOut: record.bytesOut,
    },
    requestID: record.id,
    eventID: randomUUID(),
    readOnly,
    resources: [
      { type: 'AWS::S3::Object', [record.key === undefined ? 'ARNPrefix' : 'ARN']: resourceArn(record) },
      { accountId: identity.accountId, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${record.bucket}` },
    ],
    eventType: 'AwsApiCall',
    managementEvent: false,
    recipientAccountId: identity.accountId,
    eventCategory: 'Data',
  };
}

function resourceArn({ bucket, key, query }: RequestRecord): string {
  return `arn:aws:s3:::${bucket}/${key ?? query.get('prefix') ?? ''}`;
}
