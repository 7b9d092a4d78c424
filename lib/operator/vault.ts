import { GetObjectCommand, NoSuchKey, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { Connection } from './connection.ts';
import type { Evidence } from './evidence.ts';

export interface StoredText {
  text: string;
  storedAt: Date;
}

/** Reading the vault: the operator's command never writes to it. */
export class Vault {
  readonly #connection: Pick<Connection, 's3' | 'stack' | 'evidence'>;

  constructor(connection: Pick<Connection, 's3' | 'stack' | 'evidence'>) {
    this.#connection = connection;
  }

  get suite(): string {
    return this.#connection.stack.suite;
  }

  /** Judges what was read. */
  get evidence(): Evidence {
    return this.#connection.evidence;
  }

  get bucket(): string {
    return this.#connection.stack.bucket;
  }

  /** All keys below a prefix in their order, those up to `startAfter` left out; a request per 1,000 keys. */
  async list(prefix: string, startAfter?: string): Promise<string[]> {
    return (await this.listObjects(prefix, startAfter)).map(({ key }) => key);
  }

  /** The same with the time at which each object was stored. */
  async listObjects(prefix: string, startAfter?: string): Promise<{ key: string; storedAt: Date }[]> {
    const found: { key: string; storedAt: Date }[] = [];
    const request = { Bucket: this.bucket, Prefix: prefix, StartAfter: startAfter };
    for await (const page of paginateListObjectsV2({ client: this.#connection.s3 }, request)) {
      for (const { Key, LastModified } of page.Contents ?? [])
        found.push({ key: Key ?? '', storedAt: LastModified ?? new Date(0) });
    }
    return found;
  }

  /** The text of an object; undefined when there is none. */
  async read(key: string): Promise<StoredText | undefined> {
    try {
      const answer = await this.#connection.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return {
        text: (await answer.Body?.transformToString('utf-8')) ?? '',
        storedAt: answer.LastModified ?? new Date(0),
      };
    } catch (error) {
      if (error instanceof NoSuchKey || (error instanceof Error && error.name === 'NoSuchKey')) return undefined;
      throw error;
    }
  }
}
