import { type Headers, hasChecksum } from './body.ts';
import type { BucketProperties } from './bucket-properties.ts';
import { S3Error } from './s3-error.ts';
import type { LegalHold, LockPeriod, ObjectAttributes, Version } from './version.ts';

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';
const HOLD = 'x-amz-object-lock-legal-hold';
const BYPASS = 'x-amz-bypass-governance-retention';
const DAY = 86_400_000;
/** S3's own count for the periods that it computes itself (PutObjectRetention, EventHoldDuration). */
const DAYS_OF_A_YEAR = 365;

export const LOCK_HEADERS = [MODE, UNTIL, HOLD];
export const BYPASS_HEADER = BYPASS;

/**
 * The lock that a new object asks for. What S3 says to each mistake was recorded on AWS by LocalStack (TestS3ObjectLock) and versitygw;
 * it looks at the headers before it looks at the bucket. Throws `InvalidArgument` or `InvalidRequest`.
 */
export function requestedLock(
  headers: Headers,
  properties: BucketProperties,
  now: Date,
): Pick<ObjectAttributes, 'lock' | 'legalHold'> {
  const [mode, until, hold] = LOCK_HEADERS.map((name) => headers.get(name));
  if ((mode === undefined) !== (until === undefined)) {
    throw invalid(mode === undefined ? MODE : UNTIL, `${UNTIL} and ${MODE} must both be supplied`);
  }
  if (hold !== undefined && !isLegalHold(hold)) throw invalid(HOLD, "Legal Hold must be either of 'ON' or 'OFF'");
  const lock = mode === undefined || until === undefined ? undefined : lockPeriod(mode, until, now);
  if (lock !== undefined || hold !== undefined) requireLockBucket(properties);
  return { ...(lock && { lock }), ...(hold !== undefined && { legalHold: hold }) };
}

/** A mode and a date as a client wrote them. */
export function lockPeriod(mode: string, until: string, now: Date): LockPeriod {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw invalid(MODE, 'Unknown wormMode directive.');
  if (!/^\d{4}-\d\d-\d\d(T.*)?$/.test(until) || Number.isNaN(Date.parse(until))) {
    throw invalid(UNTIL, 'The retain until date must be provided in ISO 8601 format');
  }
  const date = new Date(until);
  if (date <= now) throw invalid('RetainUntilDate', 'The retain until date must be in the future!');
  return { mode, until: date.toISOString() };
}

/** The lock that the bucket gives a version whose writer asked for none: counted from the version's creation. */
export function defaultLock({ ObjectLockConfiguration }: BucketProperties, created: Date): LockPeriod | undefined {
  const byDefault = ObjectLockConfiguration?.Rule?.DefaultRetention;
  if (byDefault === undefined) return undefined;
  const days = byDefault.Days ?? (byDefault.Years ?? 0) * DAYS_OF_A_YEAR;
  return { mode: byDefault.Mode, until: new Date(created.getTime() + days * DAY).toISOString() };
}

/**
 * S3 takes no bytes for a locked object, locked by the bucket's default included, that it cannot check. The hash in the signature
 * does not count. Throws `InvalidRequest`.
 */
export function requireIntegrity(
  headers: Headers,
  properties: BucketProperties,
  { lock, legalHold }: Pick<ObjectAttributes, 'lock' | 'legalHold'>,
  request: 'Put Object' | 'Put Part',
): void {
  if (lock === undefined && legalHold === undefined && !properties.ObjectLockConfiguration?.Rule) return;
  if (headers.has('content-md5') || hasChecksum(headers)) return;
  const message = `Content-MD5 OR x-amz-checksum- HTTP header is required for ${request} requests with Object Lock parameters`;
  throw new S3Error('InvalidRequest', message);
}

/** Whether a version may not be removed now; a delete marker always may. */
export function isLocked(version: Version, now: Date, bypass = false): boolean {
  if (version.deleteMarker) return false;
  if (version.legalHold === 'ON') return true;
  return isWithin(version.lock, now) && !(version.lock!.mode === 'GOVERNANCE' && bypass);
}

/** Throws `AccessDenied` for the removal of a locked version. */
export function requireUnlocked(version: Version, now: Date, bypass = false): void {
  if (isLocked(version, now, bypass)) throw lockDenied();
}

/**
 * Whether another lock may take the place of the one a version has: a longer one always; anything else only where GOVERNANCE is
 * bypassed. Throws `AccessDenied`.
 */
export function requireNoLooser(old: LockPeriod | undefined, next: LockPeriod | undefined, now: Date, bypass: boolean): void {
  if (old === undefined || !isWithin(old, now)) return;
  if (next?.mode === old.mode && next.until >= old.until) return;
  if (old.mode === 'COMPLIANCE' || !bypass) throw lockDenied();
}

/** Whether the caller wants to pass over GOVERNANCE. Throws `InvalidArgument` where there are no locks at all. */
export function wantsBypass(headers: Headers, properties: BucketProperties): boolean {
  const value = headers.get(BYPASS);
  if (value !== undefined && properties.ObjectLockEnabled !== true) {
    throw invalid(BYPASS, `${BYPASS} is only applicable to Object Lock enabled buckets.`);
  }
  return value?.toLowerCase() === 'true';
}

/** Throws `InvalidRequest` for a bucket without Object Lock. */
export function requireLockBucket(properties: BucketProperties): void {
  if (properties.ObjectLockEnabled === true) return;
  throw new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
}

/** How GetObject and HeadObject tell the lock, also one that is over. */
export function lockHeaders({ lock, legalHold }: ObjectAttributes): Record<string, string> {
  return { ...(lock && { [MODE]: lock.mode, [UNTIL]: lock.until }), ...(legalHold && { [HOLD]: legalHold }) };
}

export function isLegalHold(text: string | undefined): text is LegalHold {
  return text === 'ON' || text === 'OFF';
}

function isWithin(lock: LockPeriod | undefined, now: Date): boolean {
  return lock !== undefined && now < new Date(lock.until);
}

function lockDenied(): S3Error {
  return new S3Error('AccessDenied', 'Access Denied because object protected by object lock.');
}

function invalid(argument: string, message: string): S3Error {
  return new S3Error('InvalidArgument', message, { ArgumentName: argument });
}
