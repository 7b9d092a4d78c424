import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, vi } from 'vitest';
import { Signing } from '../../functions/runtime/signing.ts';
import type { Right } from '../../lib/local-engine/policies/right.ts';
import { ACCESS_KEY, startS3, type TestS3, VERSIONED } from '../lib/local-engine/s3/s3-server.ts';
import { startKeyServer } from './key-server.ts';

export type Handler = (event: unknown) => Promise<Record<string, unknown>>;

/** A vault for one test file, and the handlers that are imported against it. */
export class WithVault {
  readonly bucket = 'vault';
  s3!: TestS3;
  /** Looks at every right that a call needs, before the call is carried out; what it throws is the answer. */
  guard: (right: Right) => void = () => {};
  #signing: Signing | undefined;

  /** For the top of a test file. `environment` is added to what every handler is deployed with. */
  static forThisFile(environment: Record<string, string> = {}): WithVault {
    const vault = new WithVault();
    let keys: Awaited<ReturnType<typeof startKeyServer>>;
    beforeAll(async () => {
      keys = await startKeyServer();
      const authorize = (_: unknown, rights: readonly Right[]) => {
        for (const right of rights) vault.guard(right);
      };
      vault.s3 = await startS3({ [vault.bucket]: VERSIONED }, {}, { authorize });
      const variables = {
        BUCKET: vault.bucket,
        SIGNING_KEY: keys.signingKey,
        AWS_ENDPOINT_URL_KMS: keys.endpoint,
        AWS_ENDPOINT_URL: vault.s3.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: ACCESS_KEY.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ACCESS_KEY.secretAccessKey,
        AWS_SESSION_TOKEN: ACCESS_KEY.sessionToken,
        ...environment,
      };
      for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
      // The log of a function is its stdout.
      vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    });
    afterAll(async () => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      await vault.s3.stop();
      keys.stop();
    });
    return vault;
  }

  /** The handler of an imported module; import it after `beforeAll`, since it reads its environment then. */
  async handler(module: Promise<{ handler: unknown }>): Promise<Handler> {
    const { handler } = (await module) as { handler: (event: unknown, context: unknown) => Promise<Record<string, unknown>> };
    return (event) => handler(event, { awsRequestId: '1', getRemainingTimeInMillis: () => 60_000 });
  }

  /** Stores an object and gives its version. */
  async put(key: string, body: string | Uint8Array, tags: Record<string, string> = {}): Promise<string> {
    const Tagging = new URLSearchParams(tags).toString();
    const { VersionId } = await this.s3.client.send(
      new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ...(Tagging !== '' && { Tagging }) }),
    );
    return VersionId!;
  }

  /** The document with a signature of the vault's key, as seal and write-proof store it. */
  async signed<Document extends object>(document: Document): Promise<Document> {
    this.#signing ??= new Signing();
    return this.#signing.sign(document);
  }

  /** Gives the bucket these rules; they are carried out whenever `s3.s3.carryOutLifecycle` is called. */
  async expireBy(rules: object): Promise<void> {
    await this.s3.s3.createBucket(this.bucket, { ...VERSIONED, LifecycleConfiguration: rules });
  }

  /** Replaces the tags of the newest version. */
  async retag(key: string, tags: Record<string, string>): Promise<void> {
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.s3.client.send(new PutObjectTaggingCommand({ Bucket: this.bucket, Key: key, Tagging: { TagSet } }));
  }

  /** Hides it behind a delete marker. */
  async remove(key: string): Promise<void> {
    await this.s3.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  async text(key: string): Promise<string> {
    return (await this.s3.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }))).Body!.transformToString();
  }

  async keys(prefix = ''): Promise<string[]> {
    const { Contents = [] } = await this.s3.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix }));
    return Contents.map(({ Key }) => Key!);
  }
}
