import type { Headers } from './body.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { ObjectVersion } from './version.ts';

/** Classes whose bytes can be read at once. INTELLIGENT_TIERING moves objects by itself and is not one of them. */
const AT_ONCE = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR'];
/** Classes whose bytes can be read only while a copy of them lies in STANDARD. */
const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE'];

/** Where a lifecycle rule may move a version to, by where it is (S3 user guide, Supported lifecycle transitions); the cheapest last. */
const MOVES: Record<string, string[]> = {
  STANDARD: ['STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'],
  STANDARD_IA: ['ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'],
  ONEZONE_IA: ['GLACIER', 'DEEP_ARCHIVE'],
  GLACIER_IR: ['GLACIER', 'DEEP_ARCHIVE'],
  GLACIER: ['DEEP_ARCHIVE'],
};

/** A copy of an archived version: asked for, there, or gone again, by the clock alone. ISO 8601. */
export interface ThawedCopy {
  readyAt: string;
  /** S3 removes a copy at midnight UTC. */
  until: string;
}

export type Reach = 'at-once' | 'archived' | 'thawing' | 'thawed';

/** The class that a new object is to have. Throws `NotImplemented`. */
export function storageClassOf(headers: Headers): string {
  const name = headers.get('x-amz-storage-class') ?? 'STANDARD';
  if (![...AT_ONCE, ...ARCHIVES].includes(name)) throw notImplemented(`x-amz-storage-class: ${name}`);
  return name;
}

/** Calls `refuse` for a class that objects cannot be put into here. */
export function requireStorageClass(name: string, refuse: (reason: string) => never): void {
  if (![...AT_ONCE, ...ARCHIVES].includes(name)) refuse(`the storage class ${name} is not implemented`);
}

export function isArchive({ storageClass = 'STANDARD' }: Pick<ObjectVersion, 'storageClass'>): boolean {
  return ARCHIVES.includes(storageClass);
}

/** The classes that lifecycle rules can name here. */
export function movableClasses(): string[] {
  return MOVES.STANDARD!;
}

export function canMove(from = 'STANDARD', to: string): boolean {
  return MOVES[from]?.includes(to) ?? false;
}

export function isCheaper(one: string, other: string): boolean {
  return movableClasses().indexOf(one) > movableClasses().indexOf(other);
}

/** Whether the bytes of a version can be read now. */
export function reachOf(version: ObjectVersion, now: Date): Reach {
  const { thawed } = version;
  if (!isArchive(version)) return 'at-once';
  if (!thawed || now >= new Date(thawed.until)) return 'archived';
  return now < new Date(thawed.readyAt) ? 'thawing' : 'thawed';
}

/** Throws `InvalidObjectState` where there is nothing but the archived bytes. */
export function requireReachable(version: ObjectVersion, now: Date): void {
  const reach = reachOf(version, now);
  if (reach === 'at-once' || reach === 'thawed') return;
  const details = { StorageClass: version.storageClass ?? 'STANDARD' };
  throw new S3Error('InvalidObjectState', "The operation is not valid for the object's storage class", details);
}

/** How GetObject and HeadObject tell the class, which they leave out for STANDARD, and the copy. */
export function storageClassHeaders(version: ObjectVersion, now: Date): Record<string, string> {
  const { storageClass = 'STANDARD', thawed } = version;
  const reach = reachOf(version, now);
  return {
    ...(storageClass !== 'STANDARD' && { 'x-amz-storage-class': storageClass }),
    ...(reach === 'thawing' && { 'x-amz-restore': 'ongoing-request="true"' }),
    ...(reach === 'thawed' && {
      'x-amz-restore': `ongoing-request="false", expiry-date="${new Date(thawed!.until).toUTCString()}"`,
    }),
  };
}
