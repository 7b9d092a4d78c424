import type { BucketCall, ObjectCall } from '../../s3/call.ts';
import type { ObjectVersion } from '../../s3/version.ts';
import type { Context } from '../condition.ts';
import type { Right } from '../right.ts';

/** An object, for all that policies say of it. */
export interface ObjectName {
  bucket: { name: string };
  key: string;
}

export function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}

export function ofBucket({ bucket }: BucketCall, action: string, context: Context = {}): Right[] {
  return [{ action: `s3:${action}`, resource: bucketArn(bucket.name), context }];
}

export function ofObject({ bucket, key }: ObjectName, action: string, context: Context = {}): Right[] {
  return [{ action: `s3:${action}`, resource: `${bucketArn(bucket.name)}/${key}`, context }];
}

/** Whoever names a version needs the action's form for versions: `GetObjectVersion`, `GetObjectVersionTagging`. */
export function ofVersion(call: ObjectCall, verb: string, rest = '', context: Context = {}): Right[] {
  const versionId = call.query.get('versionId');
  const action = `${verb}${versionId === undefined ? '' : 'Version'}${rest}`;
  return ofObject(call, action, { 's3:versionid': versionId, ...existingTags(call), ...context });
}

/** The tags that the object has already. */
export function existingTags(call: ObjectCall): Context {
  const tags = storedVersion(call)?.tags ?? [];
  return Object.fromEntries(tags.map(({ key, value }) => [`s3:existingobjecttag/${key.toLowerCase()}`, value]));
}

/** The version that a call is about, where there is one with bytes. */
export function storedVersion({ bucket, key, query }: ObjectCall): ObjectVersion | undefined {
  const versionId = query.get('versionId');
  const version = versionId === undefined ? bucket.index.newest(key) : bucket.index.find(key, versionId);
  return version?.deleteMarker === false ? version : undefined;
}
