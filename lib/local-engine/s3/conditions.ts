import type { Headers } from './body.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { ObjectVersion, Version } from './version.ts';

/** The state of a key that a write or a delete insists on. */
export type Condition = { kind: 'none' } | { kind: 'absent' } | { kind: 'etag'; etag: string };

/** `If-None-Match: *` or `If-Match: "etag"` of a write. S3 has no other combination and answers 501 as well. */
export function writeCondition(headers: Headers): Condition {
  const noneMatch = headers.get('if-none-match');
  const match = headers.get('if-match');
  if (noneMatch !== undefined && match !== undefined) throw notImplemented('If-Match together with If-None-Match');
  if (noneMatch !== undefined && noneMatch !== '*') throw notImplemented(`If-None-Match: ${noneMatch} on a write`);
  if (noneMatch !== undefined) return { kind: 'absent' };
  return match === undefined ? { kind: 'none' } : { kind: 'etag', etag: unquoted(match) };
}

/**
 * Judges a condition by the newest version of the key; a delete marker counts as "no object". Throws `PreconditionFailed`, or
 * `NoSuchKey` where an ETag was named and there is no object at all.
 */
export function requireCondition(condition: Condition, newest: Version | undefined): void {
  const current = newest?.deleteMarker === false ? newest : undefined;
  if (condition.kind === 'absent' && current) throw preconditionFailed('If-None-Match');
  if (condition.kind !== 'etag') return;
  if (!current) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (condition.etag !== '*' && condition.etag !== current.etag) throw preconditionFailed('If-Match');
}

/** `If-Match` and `If-None-Match` of a read: throws `PreconditionFailed` or `NotModified`. */
export function requireReadable(headers: Headers, version: ObjectVersion): void {
  const names = (header: string): boolean =>
    header.split(',').some((etag) => etag.trim() === '*' || unquoted(etag.trim()) === version.etag);
  const match = headers.get('if-match');
  const noneMatch = headers.get('if-none-match');
  if (match !== undefined && !names(match)) throw preconditionFailed('If-Match');
  if (noneMatch !== undefined && names(noneMatch)) {
    throw new S3Error('NotModified', 'Not Modified', {}, { etag: `"${version.etag}"` });
  }
}

/** ETags travel in quotes; some clients leave them out. */
export function unquoted(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}

function preconditionFailed(condition: string): S3Error {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new S3Error('PreconditionFailed', message, { Condition: condition });
}
