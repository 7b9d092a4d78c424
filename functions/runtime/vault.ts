import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
  RestoreObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type ArchiveClass, isArchiveClass, THAWED_DAYS, type ThawTier } from '../contract/archive.ts';
import { NamedError } from '../contract/errors.ts';
import type { ObjectLock } from '../contract/object-lock.ts';
import type { ReadFrom } from '../contract/replica.ts';

/** What S3 calls an object after it was written: `etag` is what a later `replace` or `remove` must still find. */
export interface Stored {
  readonly etag: string;
  readonly versionId: string;
}

export interface Head extends Stored {
  readonly bytes: number;
  readonly modifiedAt: Date;
  /** Null: no rule has replicated it. */
  readonly replication: string | null;
  /** Null: its bytes can be read. */
  readonly archived: { readonly storageClass: ArchiveClass; readonly isAskedFor: boolean } | null;
}

export interface Listed {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface ListedVersion extends Listed {
  readonly versionId: string;
  readonly isLatest: boolean;
  /** A delete marker: it hides every older version of its key. */
  readonly isMarker: boolean;
}

const CONTENT_TYPE = 'application/json';
/** 412: the condition did not hold. 409: another conditional write won while ours was under way. */
const LOST = [409, 412];

/**
 * The edge to the bucket. What does not exist is `undefined`, a lost race is `false`, what lies in an archive is `PointArchived`; everything
 * else is thrown as the SDK throws it.
 */
export class Vault {
  readonly bucket: string;
  readonly client: S3Client;
  /** What messages call it. */
  readonly place: ReadFrom;

  constructor(bucket: string, client: S3Client = new S3Client({}), place: ReadFrom = 'vault') {
    this.bucket = bucket;
    this.client = client;
    this.place = place;
  }

  async getText(key: string, versionId?: string): Promise<string | undefined> {
    return (await this.read(key, versionId))?.text;
  }

  /** @throws SyntaxError when the object is not JSON. The caller parses the value with its schema. */
  async getJson(key: string, versionId?: string): Promise<unknown> {
    const text = await this.getText(key, versionId);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Text together with the ETag that a `replace` or `remove` of just this content needs. */
  async read(key: string, versionId?: string): Promise<({ text: string } & Stored) | undefined> {
    const output = await this.unlessMissing(
      this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId })),
    );
    return output && { text: await output.Body!.transformToString(), etag: output.ETag ?? '', versionId: output.VersionId ?? '' };
  }

  /** The whole object as a stream. */
  async open(key: string, versionId?: string) {
    const output = await this.unlessMissing(
      this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId })),
    );
    return output?.Body;
  }

  /** Bytes `from` to `to`, both included, of one version. */
  async openRange(key: string, versionId: string, from: number, to: number) {
    const output = await this.unlessMissing(
      this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId, Range: `bytes=${from}-${to}` }),
      ),
    );
    return output?.Body;
  }

  /** Writes only where nothing is (`If-None-Match: *`); false when there is something already. */
  async putOnce(key: string, text: string): Promise<Stored | false> {
    try {
      return await this.put(key, text, { IfNoneMatch: '*' });
    } catch (error) {
      if (!isStatus(error, LOST)) throw error;
      // The SDK repeats a request whose answer was lost; then the object that is in the way may be our own.
      const stored = (error.$metadata.attempts ?? 1) > 1 ? await this.read(key) : undefined;
      return stored?.text === text && stored;
    }
  }

  /** Replaces only the content that `etag` stands for (`If-Match`); false when it was changed or removed in between. */
  async replace(key: string, text: string, etag: string): Promise<Stored | false> {
    try {
      return await this.put(key, text, { IfMatch: etag });
    } catch (error) {
      if (isStatus(error, [...LOST, 404])) return false;
      throw error;
    }
  }

  async head(key: string, versionId?: string): Promise<Head | undefined> {
    const output = await this.unlessMissing(
      this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId })),
    );
    return (
      output && {
        etag: output.ETag ?? '',
        versionId: output.VersionId ?? '',
        bytes: output.ContentLength ?? 0,
        modifiedAt: output.LastModified ?? new Date(0),
        replication: output.ReplicationStatus ?? null,
        archived: archivedOf(output),
      }
    );
  }

  /** Asks for the bytes of an archived version; a second question changes nothing. Hours may pass until they can be read. */
  async thaw(key: string, versionId: string, tier: ThawTier): Promise<void> {
    const RestoreRequest = { Days: THAWED_DAYS, GlacierJobParameters: { Tier: tier } };
    try {
      await this.client.send(new RestoreObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId, RestoreRequest }));
    } catch (error) {
      if (!(error instanceof S3ServiceException) || error.name !== 'RestoreAlreadyInProgress') throw error;
    }
  }

  /** Objects in the order of their keys, one request per 1,000 and only as far as they are asked for. */
  async *list(prefix: string, startAfter?: string): AsyncGenerator<Listed> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix, StartAfter: startAfter });
    for await (const page of pages) {
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        yield { key: Key!, bytes: Size ?? 0, modifiedAt: LastModified ?? new Date(0) };
      }
    }
  }

  /** Every version and every delete marker, in the order of their keys. */
  async *listVersions(prefix: string): AsyncGenerator<ListedVersion> {
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (from) {
      const page: ListObjectVersionsCommandOutput = await this.client.send(
        new ListObjectVersionsCommand({ Bucket: this.bucket, Prefix: prefix, ...from }),
      );
      const markers = (page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0, isMarker: true }));
      const versions = (page.Versions ?? []).map((version) => ({ ...version, isMarker: false }));
      for (const { Key, Size, LastModified, VersionId, IsLatest, isMarker } of [...versions, ...markers].sort(byKey)) {
        yield {
          key: Key!,
          bytes: Size ?? 0,
          modifiedAt: LastModified ?? new Date(0),
          versionId: VersionId ?? '',
          isLatest: IsLatest ?? false,
          isMarker,
        };
      }
      from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
    }
  }

  /** The first part of every key below a prefix up to the next `/`: `a/b/` for `a/b/c` below `a/`. One request per 1,000 of them. */
  async *listFolders(prefix: string): AsyncGenerator<string> {
    const request = { Bucket: this.bucket, Prefix: prefix, Delimiter: '/' };
    for await (const page of paginateListObjectsV2({ client: this.client }, request)) {
      for (const { Prefix } of page.CommonPrefixes ?? []) yield Prefix!;
    }
  }

  /** Replaces all tags of one version. */
  async tag(key: string, versionId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.client.send(
      new PutObjectTaggingCommand({ Bucket: this.bucket, Key: key, VersionId: versionId, Tagging: { TagSet } }),
    );
  }

  async tagsOf(key: string, versionId: string): Promise<Record<string, string> | undefined> {
    const output = await this.unlessMissing(
      this.client.send(new GetObjectTaggingCommand({ Bucket: this.bucket, Key: key, VersionId: versionId })),
    );
    return output && Object.fromEntries((output.TagSet ?? []).map(({ Key, Value }) => [Key!, Value!]));
  }

  /** Until when a version cannot be deleted; undefined when it is not locked. */
  async lockOf(key: string, versionId: string): Promise<Date | undefined> {
    try {
      const { Retention } = await this.client.send(
        new GetObjectRetentionCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }),
      );
      return Retention?.RetainUntilDate;
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchObjectLockConfiguration') return undefined;
      throw error;
    }
  }

  /** Locks a version; a lock is made longer only. */
  async lock(key: string, versionId: string, mode: ObjectLock['mode'], until: Date): Promise<void> {
    const current = await this.lockOf(key, versionId);
    if (current && current >= until) return;
    const Mode = mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
    await this.client.send(
      new PutObjectRetentionCommand({
        Bucket: this.bucket,
        Key: key,
        VersionId: versionId,
        Retention: { Mode, RetainUntilDate: until },
      }),
    );
  }

  /** Removes the current version (it becomes hidden), with `etag` only if it is still that content; false when it is not. */
  async remove(key: string, etag?: string): Promise<boolean> {
    try {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, IfMatch: etag }));
      return true;
    } catch (error) {
      if (isStatus(error, [...LOST, 404])) return false;
      throw error;
    }
  }

  /** Removes one version for good; of a delete marker that shows again what it hid. */
  async removeVersion(key: string, versionId: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }));
  }

  private async put(key: string, text: string, condition: { IfNoneMatch?: string; IfMatch?: string }): Promise<Stored> {
    const output = await this.client.send(
      new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: text, ContentType: CONTENT_TYPE, ...condition }),
    );
    return { etag: output.ETag ?? '', versionId: output.VersionId ?? '' };
  }

  private async unlessMissing<Output>(request: Promise<Output>): Promise<Output | undefined> {
    try {
      return await request;
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'InvalidObjectState') {
        throw new NamedError('PointArchived', 'Stored bytes lie in an archive storage class and are not thawed.');
      }
      // A bucket that does not exist is also a 404, and never an answer.
      if (isStatus(error, [404]) && error.name !== 'NoSuchBucket') return undefined;
      throw error;
    }
  }
}

function byKey(one: { Key?: string }, other: { Key?: string }): number {
  return one.Key! < other.Key! ? -1 : Number(one.Key! > other.Key!);
}

function isStatus(error: unknown, statuses: readonly number[]): error is S3ServiceException {
  return error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0);
}

function archivedOf({ StorageClass, Restore }: HeadObjectCommandOutput): Head['archived'] {
  if (!isArchiveClass(StorageClass) || Restore?.includes('ongoing-request="false"')) return null;
  return { storageClass: StorageClass, isAskedFor: Restore !== undefined };
}
