import { GetObjectCommand, NoSuchKey, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { Connection } from './connection.ts';

export interface StoredText {
  text: string;
  lastModified: Date | null;
  /** When a lifecycle rule lets the object go, as S3 itself computed it from tag and rule; null when none does. */
  expiresAt: Date | null;
}

/** Reading the vault: the operator's command never writes to it. */
export class Vault {
  readonly #connection: Pick<Connection, 's3' | 'stack'>;

  constructor(connection: Pick<Connection, 's3' | 'stack'>) {
    this.#connection = connection;
  }

  get suite(): string {
    return this.#connection.stack.suite;
  }

  get bucket(): string {
    return this.#connection.stack.bucket;
  }

  /** All keys below a prefix in their order, those up to `startAfter` left out; a request per 1,000 keys. */
  async list(prefix: string, startAfter?: string): Promise<string[]> {
    const found: string[] = [];
    const request = { Bucket: this.bucket, Prefix: prefix, StartAfter: startAfter };
    for await (const page of paginateListObjectsV2({ client: this.#connection.s3 }, request)) {
      found.push(...(page.Contents ?? []).flatMap((object) => object.Key ?? []));
    }
    return found;
  }

  /** The text of an object; undefined when there is none. */
  async read(key: string): Promise<StoredText | undefined> {
    try {
      const answer = await this.#connection.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return {
        text: (await answer.Body?.transformToString('utf-8')) ?? '',
        lastModified: answer.LastModified ?? null,
        expiresAt: expiryOf(answer.Expiration),
      };
    } catch (error) {
      if (error instanceof NoSuchKey || (error instanceof Error && error.name === 'NoSuchKey')) return undefined;
      throw error;
    }
  }
}

/** The time in S3's `x-amz-expiration` header: `expiry-date="Fri, 21 Dec 2026 00:00:00 GMT", rule-id="daily"`. */
export function expiryOf(header: string | undefined): Date | null {
  const [, text] = /expiry-date="([^"]+)"/.exec(header ?? '') ?? [];
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time);
}
