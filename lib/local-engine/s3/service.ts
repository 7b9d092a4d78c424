import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { JsonLines } from '../json-lines.ts';
import type { Caller } from '../signature.ts';
import type { AccessLogs } from './access-logs.ts';
import { BUCKET_ACTIONS, chooseAction, OBJECT_ACTIONS } from './actions.ts';
import { answerError } from './answer-error.ts';
import { Bucket } from './bucket.ts';
import { listBuckets } from './bucket-actions.ts';
import { type BucketProperties, parseBucketProperties } from './bucket-properties.ts';
import { type Call, type OpenBucket, parseTarget, type Target } from './call.ts';
import type { LifecycleEvent } from './carry-out-lifecycle.ts';
import { incomingFolder, isBucketName, locateObject, writeJson } from './layout.ts';
import { enabledRules } from './lifecycle-plan.ts';
import { type RequestRecord, recordOf } from './request-record.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import { storeBytes } from './store-bytes.ts';
import { UploadStore } from './upload-store.ts';

export interface S3Options {
  /** Holds everything; made when it is missing. Only one process may serve a folder at a time. */
  directory: string;
  /** Throws a `ServiceError` for whoever is not allowed in; without it, nobody is. */
  authenticate?: (request: IncomingMessage) => Caller;
  clock?: () => Date;
  region?: string;
  /** Throws a `ServiceError` of KMS for a key that cannot be used now. */
  requireKey?: (key: string) => Promise<void>;
  /** Is told every request to a bucket once it is answered. */
  observe?: (record: RequestRecord) => void;
  /** Stands in the names of access logs. */
  account?: string;
  /** How long the bytes of an archived object are on their way: two seconds unless given. */
  thawMilliseconds?: number;
}

export interface S3 {
  /** Answers one request, refusals included; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * Makes a bucket from the resolved properties of an `AWS::S3::Bucket`, or gives an existing one these properties and keeps its
   * objects. Throws a `TypeError` that names any property this server does not carry out.
   */
  createBucket(name: string, properties: Record<string, unknown>): Promise<void>;
  /**
   * Does what the buckets' lifecycle rules say is due now, as S3 does once a day, and gives what it did. Each line of
   * `LIFECYCLE_LOG` in the folder is one of these events.
   */
  carryOutLifecycle(): Promise<LifecycleEvent[]>;
  /** Stores an object on behalf of a service that delivers to a bucket. Throws `NoSuchBucket`. */
  store(bucket: string, object: { key: string; bytes: Buffer; headers?: Record<string, string> }): Promise<void>;
  /** Makes objects of the access logs that were written so far. */
  deliverLogs(): Promise<void>;
  /** The file that holds the bytes of a version. */
  locate(bucket: string, key: string, versionId: string): string;
}

interface BucketFile {
  created: string;
  properties: BucketProperties;
}

const LONGEST_KEY = 1024;
const THAW_MILLISECONDS = 2000;
/** No bucket's name begins with an underscore. */
const LIFECYCLE_LOG = '_lifecycle.jsonl';

/** An S3 service over a folder, path style, for any HTTP server. Uploads may be slow: set the server's `requestTimeout` to 0. */
export function createS3(options: S3Options): S3 {
  const {
    directory,
    authenticate = refuseEverybody,
    clock = () => new Date(),
    region = 'us-east-1',
    requireKey = async () => {},
    observe,
    account = '000000000000',
    thawMilliseconds = THAW_MILLISECONDS,
  } = options;
  mkdirSync(directory, { recursive: true });
  const buckets = new Map<string, OpenBucket>();
  const open = (name: string, { created, properties }: BucketFile): OpenBucket => {
    const bucket = new Bucket(directory, name, { created: new Date(created), properties }, { clock, thawMilliseconds });
    const opened = { bucket, uploads: new UploadStore(bucket) };
    buckets.set(name, opened);
    return opened;
  };
  for (const name of readdirSync(directory)) {
    const path = join(directory, name, 'bucket.json');
    if (existsSync(path)) open(name, JSON.parse(readFileSync(path, 'utf8')) as BucketFile);
  }

  let logs: AccessLogs | undefined;
  /** Loads what writes access logs where a bucket wants them. */
  const openLogs = async (): Promise<void> => {
    if (logs !== undefined || ![...buckets.values()].some(({ bucket }) => bucket.properties.LoggingConfiguration)) return;
    const { AccessLogs } = await import('./access-logs.ts');
    const store = (opened: OpenBucket, key: string, bytes: Buffer) =>
      storeBytes(opened, { key, bytes, headers: { 'content-type': 'text/plain' } }, { now: clock(), requireKey });
    logs = new AccessLogs({ directory, buckets, account, region, clock, store });
  };

  return {
    async handle(request, response) {
      const requestId = randomBytes(8).toString('hex').toUpperCase();
      response.setHeader('x-amz-request-id', requestId);
      const resource = (request.url ?? '/').split('?')[0]!;
      const begun = clock();
      let caller: Caller | undefined;
      let target: Target | undefined;
      let error: unknown;
      try {
        caller = authenticate(request);
        target = parseTarget(request);
        const call = { request, response, query: target.query, headers: target.headers, region, requireKey, now: clock() };
        await dispatch(call, target, buckets);
      } catch (refusal) {
        error = refusal;
        // What the client still sends is read and dropped, so that it gets to read the answer.
        request.resume();
        answerError(response, error, resource, requestId, request.method ?? 'GET');
      }
      if ((observe === undefined && logs === undefined) || caller === undefined || target?.bucket === undefined) return;
      const told = { ...target, bucket: target.bucket };
      const record = recordOf({ id: requestId, begun, ended: clock(), request, response, caller, target: told, error });
      observe?.(record);
      logs?.note(record);
    },

    async createBucket(name, properties) {
      if (!isBucketName(name)) throw new TypeError(`${name} is not the name of a bucket`);
      const parsed = parseBucketProperties(properties);
      if (buckets.get(name)?.bucket.properties.ObjectLockEnabled && !parsed.ObjectLockEnabled) {
        throw new TypeError(`Object Lock of the bucket ${name} cannot be switched off`);
      }
      const created = buckets.get(name)?.bucket.created.toISOString() ?? clock().toISOString();
      const { bucket } = buckets.get(name) ?? open(name, { created, properties: parsed });
      bucket.properties = parsed;
      const file: BucketFile = { created, properties: parsed };
      await writeJson(join(directory, name, 'bucket.json'), file, incomingFolder(directory, name));
      await openLogs();
    },

    async carryOutLifecycle() {
      const ruled = [...buckets.values()].filter(({ bucket }) => enabledRules(bucket.properties).length > 0);
      if (ruled.length === 0) return [];
      await openLogs();
      const { carryOutLifecycle } = await import('./carry-out-lifecycle.ts');
      const log = new JsonLines(join(directory, LIFECYCLE_LOG));
      const events: LifecycleEvent[] = [];
      try {
        for (const opened of ruled) {
          await carryOutLifecycle(opened, clock(), (event) => {
            log.append(event);
            logs?.noteLifecycle(event);
            events.push(event);
          });
        }
      } finally {
        log.close();
      }
      return events;
    },

    store: (bucket, object) => storeBytes(existing(buckets, bucket), object, { now: clock(), requireKey }),

    async deliverLogs() {
      await logs?.deliver();
    },

    locate: (bucket, key, versionId) => locateObject(directory, bucket, key, versionId),
  };
}

function refuseEverybody(): never {
  throw new S3Error('AccessDenied', 'This service answers no requests.');
}

async function dispatch(call: Call, target: Target, buckets: Map<string, OpenBucket>): Promise<void> {
  const method = call.request.method ?? 'GET';
  if (target.bucket === undefined) {
    if (method !== 'GET' || [...target.query.keys()].some((name) => name !== 'x-id'))
      throw notImplemented(`${method} ${call.request.url}`);
    return listBuckets(
      call,
      [...buckets.values()].map(({ bucket }) => bucket),
    );
  }
  const { key } = target;
  if (key !== undefined) {
    const action = chooseAction(OBJECT_ACTIONS, method, target);
    if (Buffer.byteLength(key) > LONGEST_KEY) throw new S3Error('KeyTooLongError', 'Your key is too long');
    return action.handle({ ...call, ...existing(buckets, target.bucket), key });
  }
  const action = chooseAction(BUCKET_ACTIONS, method, target);
  return action.handle({ ...call, ...existing(buckets, target.bucket) });
}

function existing(buckets: Map<string, OpenBucket>, name: string): OpenBucket {
  const found = buckets.get(name);
  if (!found) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
  return found;
}
