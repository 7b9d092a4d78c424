import { mkdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BucketProperties } from './bucket-properties.ts';
import type { Checksum } from './checksums.ts';
import { type Condition, requireCondition } from './conditions.ts';
import { FileWriter } from './file-writer.ts';
import { KeyLock } from './key-lock.ts';
import {
  bytesName,
  incomingFolder,
  NULL_VERSION,
  objectsFolder,
  uniqueName,
  uploadsFolder,
  versionName,
  writeJson,
} from './layout.ts';
import { ObjectIndex } from './object-index.ts';
import { defaultLock } from './object-lock.ts';
import { readVersions } from './read-versions.ts';
import { afterChange, replicationRule } from './replication-status.ts';
import { S3Error } from './s3-error.ts';
import type { DeleteMarker, ObjectAttributes, ObjectVersion, Replication, Version } from './version.ts';

/** A finished object whose bytes lie in `incoming/` and which nobody can see yet. */
export interface StagedObject extends ObjectAttributes {
  key: string;
  path: string;
  size: number;
  etag: string;
  checksum: Checksum;
}

/** What can change about a version after it was written. */
export type Amendable = Pick<ObjectVersion, 'tags' | 'thawed' | 'lock' | 'legalHold' | 'storageClass'>;

export interface BucketSettings {
  readonly clock: () => Date;
  readonly thawMilliseconds: number;
}

/** The versions of one bucket, on disk and in memory. Every change is published by the rename of one metadata file. */
export class Bucket {
  readonly name: string;
  readonly created: Date;
  readonly index = new ObjectIndex();
  readonly objects: string;
  readonly incoming: string;
  readonly uploads: string;
  properties: BucketProperties;
  /** How long the bytes of an archived object are on their way. */
  readonly thawMilliseconds: number;
  /** Is told each version that is to be replicated. */
  onPending: (version: ObjectVersion) => void = () => {};
  readonly #clock: () => Date;
  readonly #lock = new KeyLock();
  /** The sequence at which a key was last deleted, to tell a lost race from a key that never was. */
  readonly #deletions = new Map<string, number>();
  #sequence = 0;

  constructor(directory: string, name: string, file: { created: Date; properties: BucketProperties }, settings: BucketSettings) {
    this.name = name;
    this.created = file.created;
    this.properties = file.properties;
    this.#clock = settings.clock;
    this.thawMilliseconds = settings.thawMilliseconds;
    this.objects = objectsFolder(directory, name);
    this.incoming = incomingFolder(directory, name);
    this.uploads = uploadsFolder(directory, name);
    rmSync(this.incoming, { recursive: true, force: true });
    for (const folder of [this.objects, this.incoming, this.uploads]) mkdirSync(folder, { recursive: true });
    const versions = readVersions(this.objects);
    this.#sequence = versions.reduce((highest, version) => Math.max(highest, version.sequence), 0);
    this.index.load(versions);
  }

  get versioning(): 'Enabled' | 'Suspended' | undefined {
    return this.properties.VersioningConfiguration?.Status;
  }

  /** Taken when a request begins; {@link commit} compares it with what has happened to the key since. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Calls `fill` with a writer to a new file in `incoming/` and gives its path; removes the file when that fails. */
  async stage(fill: (writer: FileWriter) => Promise<void>): Promise<string> {
    const path = join(this.incoming, uniqueName());
    const file = await open(path, 'wx');
    const writer = new FileWriter(file);
    try {
      await fill(writer);
      await writer.flush();
    } catch (error) {
      await writer.flush().catch(() => {});
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  /** Makes a staged object the newest version of its key, if the condition (still) holds. */
  async commit(staged: StagedObject, condition: Condition, since: number): Promise<ObjectVersion> {
    const { key, path, ...facts } = staged;
    return this.#lock.run(key, async () => {
      requireCondition(condition, this.index.newest(key));
      if (condition.kind === 'absent' && (this.#deletions.get(key) ?? 0) > since) {
        throw new S3Error('ConditionalRequestConflict', 'The key was deleted while the conditional request was running.');
      }
      const entry = this.#nextEntry(key);
      const lock = facts.lock ?? defaultLock(this.properties, new Date(entry.lastModified));
      const file = bytesName(key, entry.versionId);
      const version: ObjectVersion = { ...entry, ...facts, ...(lock && { lock }), deleteMarker: false, file };
      if (replicationRule(this.properties, version)) version.replication = { status: 'PENDING' };
      await rename(path, join(this.objects, version.file));
      await this.#publish(version);
      if (version.replication) this.onPending(version);
      return version;
    });
  }

  /** Makes a replica, with the id and the time of its source, the newest version of its key. */
  async adopt(replica: Omit<ObjectVersion, 'sequence' | 'file' | 'deleteMarker'>, path: string): Promise<void> {
    await this.#lock.run(replica.key, async () => {
      const file = bytesName(replica.key, replica.versionId);
      await rename(path, join(this.objects, file));
      await this.#publish({ ...replica, sequence: ++this.#sequence, deleteMarker: false, file });
    });
  }

  /** Notes how a replication ended, unless the version has changed meanwhile: then it is pending again. */
  async settle(version: ObjectVersion, replication: Replication): Promise<void> {
    await this.#lock.run(version.key, async () => {
      if (this.index.find(version.key, version.versionId) !== version) return;
      await this.#rewrite({ ...version, replication });
    });
  }

  /** Hides the key behind a delete marker, or removes the object where versioning was never enabled; unless `allow` throws. */
  async deleteKey(key: string, allow: (newest: Version | undefined) => void): Promise<DeleteMarker | undefined> {
    return this.#lock.run(key, async () => {
      const newest = this.index.newest(key);
      allow(newest);
      if (!this.versioning) {
        if (newest) await this.#erase(newest);
        return undefined;
      }
      const marker: DeleteMarker = { ...this.#nextEntry(key), deleteMarker: true };
      await this.#publish(marker);
      this.#deletions.set(key, marker.sequence);
      return marker;
    });
  }

  /** Removes one version for good, unless `allow` throws; an unknown one is no error, as in S3. */
  async deleteVersion(key: string, versionId: string, allow: (version: Version) => void): Promise<Version | undefined> {
    return this.#lock.run(key, async () => {
      const version = this.index.find(key, versionId);
      if (!version) return undefined;
      allow(version);
      await this.#erase(version);
      return version;
    });
  }

  /** Changes facts about a version; `change` sees those that hold at that moment, and may throw. */
  async amend(version: ObjectVersion, change: (current: ObjectVersion) => Partial<Amendable>): Promise<void> {
    await this.#lock.run(version.key, async () => {
      const current = this.index.find(version.key, version.versionId);
      if (current?.sequence !== version.sequence || current.deleteMarker) {
        throw new S3Error('NoSuchKey', 'The object was deleted while it was being changed.');
      }
      const next = change(current);
      const replication = afterChange(current, next);
      const changed = { ...current, ...next, ...(replication && { replication }) };
      await this.#rewrite(changed);
      if (replication) this.onPending(changed);
    });
  }

  async #rewrite(version: ObjectVersion): Promise<void> {
    await writeJson(this.#metadataPath(version), version, this.incoming);
    this.index.replace(version);
  }

  #nextEntry(key: string): Pick<Version, 'key' | 'versionId' | 'sequence' | 'lastModified'> {
    const versionId = this.versioning === 'Enabled' ? uniqueName() : NULL_VERSION;
    return { key, versionId, sequence: ++this.#sequence, lastModified: this.#clock().toISOString() };
  }

  async #publish(version: Version): Promise<void> {
    const replaced = this.index.find(version.key, version.versionId);
    await writeJson(this.#metadataPath(version), version, this.incoming);
    this.index.add(version);
    if (replaced?.deleteMarker === false) await rm(join(this.objects, replaced.file), { force: true });
  }

  async #erase(version: Version): Promise<void> {
    await rm(this.#metadataPath(version), { force: true });
    this.index.remove(version);
    this.#deletions.set(version.key, ++this.#sequence);
    if (!version.deleteMarker) await rm(join(this.objects, version.file), { force: true });
  }

  #metadataPath(version: Version): string {
    return join(this.objects, `${versionName(version.key, version.versionId)}.json`);
  }
}
