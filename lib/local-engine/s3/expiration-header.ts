import type { Bucket } from './bucket.ts';
import { enabledRules, expiryOf } from './lifecycle-plan.ts';
import type { ObjectVersion } from './version.ts';

/** `x-amz-expiration`: when the current version of a key expires as its tags are now, and by which rule. */
export function expirationHeader(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  if (bucket.index.newest(version.key)?.versionId !== version.versionId) return {};
  const expiry = expiryOf(enabledRules(bucket.properties), version);
  if (expiry === undefined) return {};
  return { 'x-amz-expiration': `expiry-date="${expiry.at.toUTCString()}", rule-id="${encodeURIComponent(expiry.rule)}"` };
}
