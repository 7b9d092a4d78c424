import { constants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Right } from '../policies/right.ts';
import { replicationRights } from '../policies/rights/s3-replication.ts';
import { ServiceError } from '../service-error.ts';
import type { Bucket } from './bucket.ts';
import type { OpenBucket } from './call.ts';
import { uniqueName } from './layout.ts';
import { defaultLock } from './object-lock.ts';
import { destinationOf, type ReplicationRule } from './replication-configuration.ts';
import { replicationRule } from './replication-status.ts';
import type { ObjectVersion } from './version.ts';

export interface ReplicatorOptions {
  buckets: ReadonlyMap<string, OpenBucket>;
  requireKey: (key: string) => Promise<void>;
  /** Throws `AccessDenied` where the role of the replication lacks one of the rights. */
  authorizeRole: (role: string, rights: readonly Right[]) => void;
  clock: () => Date;
  /** Runs work that nobody waits for. */
  background: (work: () => Promise<void>) => Promise<void>;
  /** How long a version waits before it is replicated. */
  waitMilliseconds: number;
}

/** What keeps a version from being replicated; it stays FAILED. */
class Unreplicable extends Error {}

/**
 * Copies new versions, and later changes of their tags and locks, to the destinations of their buckets, in the order in which they came.
 * Where it stood is in the versions themselves: what a killed engine left PENDING is replicated by the next.
 */
export class Replicator {
  readonly #options: ReplicatorOptions;
  readonly #tails = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(options: ReplicatorOptions) {
    this.#options = options;
  }

  /** Replicates what comes to a bucket from now on, and what is still pending in it. */
  watch(bucket: Bucket): void {
    bucket.onPending = (version) => this.#enqueue(bucket, version);
    const pending = bucket.index.keys
      .flatMap((key) => [...bucket.index.versionsOf(key)])
      .filter((version) => version.deleteMarker === false && version.replication?.status === 'PENDING')
      .sort((a, b) => a.sequence - b.sequence);
    for (const version of pending) this.#enqueue(bucket, version as ObjectVersion);
  }

  /** Leaves everything that has not begun for the next engine. */
  stop(): void {
    this.#stopped = true;
  }

  #enqueue(bucket: Bucket, { key, versionId }: ObjectVersion): void {
    const before = this.#tails.get(bucket.name) ?? Promise.resolve();
    const turn = this.#options.background(async () => {
      await before;
      await delay(this.#options.waitMilliseconds, undefined, { ref: false });
      if (!this.#stopped) await this.#replicate(bucket, key, versionId);
    });
    this.#tails.set(bucket.name, turn);
  }

  async #replicate(bucket: Bucket, key: string, versionId: string): Promise<void> {
    const version = bucket.index.find(key, versionId);
    if (version?.deleteMarker !== false || version.replication?.status !== 'PENDING') return;
    try {
      const rule = replicationRule(bucket.properties, version);
      if (rule === undefined) throw new Unreplicable('no rule replicates it any more');
      await this.#copy(bucket, version, rule);
      await bucket.settle(version, { status: 'COMPLETED', copied: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isExpected = error instanceof Unreplicable || error instanceof ServiceError || code === 'ENOENT';
      if (!isExpected) process.stderr.write(`local engine: ${error instanceof Error ? error.stack : String(error)}\n`);
      await bucket.settle(version, { ...version.replication, status: 'FAILED' });
    }
  }

  async #copy(source: Bucket, version: ObjectVersion, rule: ReplicationRule): Promise<void> {
    const target = this.#options.buckets.get(destinationOf(rule))?.bucket;
    if (target?.versioning !== 'Enabled') throw new Unreplicable('the destination is no bucket with versions');
    if ((version.lock || version.legalHold) && target.properties.ObjectLockEnabled !== true) {
      throw new Unreplicable('the destination has no locks');
    }
    const role = source.properties.ReplicationConfiguration!.Role;
    this.#options.authorizeRole(role, replicationRights(source.name, target.name, version, rule));
    const { tags, lock, legalHold } = version;
    const replica = target.index.find(version.key, version.versionId);
    if (replica?.deleteMarker === false) return target.amend(replica, () => ({ tags, legalHold, ...(lock && { lock }) }));
    // Whoever has removed a replica does not get it back by a change of its source.
    if (version.replication?.copied) throw new Unreplicable('the replica is gone');

    const { encryption } = version;
    const keyId = encryption.algorithm === 'aws:kms' ? rule.Destination.EncryptionConfiguration?.ReplicaKmsKeyID : undefined;
    for (const key of [encryption.keyId, keyId]) if (key !== undefined) await this.#options.requireKey(key);
    const path = join(target.incoming, uniqueName());
    try {
      // A copy of its own, by the file system where it can: whoever damages the one file must not damage the other.
      await copyFile(join(source.objects, version.file), path, constants.COPYFILE_FICLONE);
      const { thawed: _thawed, sequence: _sequence, file: _file, deleteMarker: _marker, ...facts } = version;
      await target.adopt(
        {
          ...facts,
          // Without a lock of its own a replica gets that of its bucket; with one, that one.
          lock: lock ?? defaultLock(target.properties, this.#options.clock()),
          encryption: keyId === undefined ? encryption : { ...encryption, keyId },
          storageClass: rule.Destination.StorageClass ?? version.storageClass,
          replication: { status: 'REPLICA' },
        },
        path,
      );
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }
}
