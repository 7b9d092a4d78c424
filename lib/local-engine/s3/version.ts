import type { Checksum } from './checksums.ts';
import type { Encryption } from './encryption.ts';
import type { ThawedCopy } from './storage-class.ts';

export interface Tag {
  key: string;
  value: string;
}

/** Until when a version may not be removed. */
export interface LockPeriod {
  /** GOVERNANCE can be bypassed by who may, COMPLIANCE by nobody. */
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** ISO 8601. */
  until: string;
}

export type LegalHold = 'ON' | 'OFF';

/** What the client decides about an object when it starts to write it. */
export interface ObjectAttributes {
  /** `content-type`, `cache-control`, … and every `x-amz-meta-*`, by lower-case name. */
  headers: Record<string, string>;
  tags: Tag[];
  encryption: Encryption;
  /** STANDARD where it is not said. */
  storageClass?: string;
  lock?: LockPeriod;
  /** Stands beside the lock, and has no end of its own. */
  legalHold?: LegalHold;
}

/** Where the replication of a version stands; only versions that a rule replicates have one, and replicas. */
export interface Replication {
  status: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';
  /** There is, or was, a replica. */
  copied?: true;
}

interface Entry {
  key: string;
  versionId: string;
  /** Grows with every change of the bucket: the order of versions does not hang on the clock. */
  sequence: number;
  /** ISO 8601 with milliseconds. */
  lastModified: string;
}

/** A version that has bytes. */
export interface ObjectVersion extends Entry, ObjectAttributes {
  deleteMarker: false;
  file: string;
  /** Bytes when it was written; the file may have been tampered with since. */
  size: number;
  /** Without quotes. */
  etag: string;
  checksum: Checksum;
  /** Of an archived version whose bytes somebody asked for. */
  thawed?: ThawedCopy;
  replication?: Replication;
}

/** A version that says: from here on the key is gone. */
export interface DeleteMarker extends Entry {
  deleteMarker: true;
}

export type Version = ObjectVersion | DeleteMarker;
