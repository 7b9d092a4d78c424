import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Right } from '../policies/right.ts';
import { ALL_BUCKETS_RIGHTS } from '../policies/rights/s3.ts';
import type { Caller } from '../signature.ts';
import { BUCKET_ACTIONS, OBJECT_ACTIONS } from './actions.ts';
import { answerError } from './answer-error.ts';
import { Bucket } from './bucket.ts';
import { listBuckets } from './bucket-actions.ts';
import { type BucketProperties, parseBucketProperties } from './bucket-properties.ts';
import { type Call, type OpenBucket, parseTarget, type Target } from './call.ts';
import type { LifecycleEvent } from './carry-out-lifecycle.ts';
import { incomingFolder, isBucketName, locateObject, writeJson } from './layout.ts';
import { OwnWork } from './own-work.ts';
import { choosePermitted, inWordsOfS3, onBucket, onObject } from './permission.ts';
import { type RequestRecord, recordOf } from './request-record.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import { storeBytes } from './store-bytes.ts';
import { UploadStore } from './upload-store.ts';

export interface S3Options {
  /** Holds everything; made when it is missing. Only one process may serve a folder at a time. */
  directory: string;
  /** Throws a `ServiceError` for whoever is not allowed in; without it, nobody is. */
  authenticate?: (request: IncomingMessage) => Caller;
  /** Throws `AccessDenied` for whoever lacks one of the rights. */
  authorize?: (caller: Caller, rights: readonly Right[]) => void;
  /** The same for a role in whose name S3 itself works, by its ARN; without it, each may do all. */
  authorizeRole?: (role: string, rights: readonly Right[]) => void;
  clock?: () => Date;
  region?: string;
  /** Throws a `ServiceError` of KMS for a key that cannot be used now. */
  requireKey?: (key: string) => Promise<void>;
  /** Is told every request to a bucket once it is answered. */
  observe?: (record: RequestRecord) => void;
  /** Runs what nobody waits for, such as replication. */
  background?: (work: () => Promise<void>) => Promise<void>;
  /** How long a version waits before it is replicated: not at all unless given. */
  replicationMilliseconds?: number;
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
  createBucket(name: string, properties: Record<string, unknown>, region?: string): Promise<void>;
  /** Where a bucket lies; all of them are in one namespace. */
  regionOf(bucket: string): string | undefined;
  /**
   * Does what the buckets' lifecycle rules say is due now, as S3 does once a day, and gives what it did. Each line of
   * `_lifecycle.jsonl` in the folder is one of these events.
   */
  carryOutLifecycle(): Promise<LifecycleEvent[]>;
  /** Stores an object on behalf of a service that delivers to a bucket. Throws `NoSuchBucket`. */
  store(bucket: string, object: { key: string; bytes: Buffer; headers?: Record<string, string> }): Promise<void>;
  /**
   * Begins to replicate, with what is still pending, until the returned function is called. To be called when every bucket has been
   * made.
   */
  startReplication(): Promise<() => void>;
  /** Makes objects of the access logs that were written so far. */
  deliverLogs(): Promise<void>;
  /** The file that holds the bytes of a version. */
  locate(bucket: string, key: string, versionId: string): string;
}

interface BucketFile {
  created: string;
  /** The service's own where it is not said. */
  region?: string;
  properties: BucketProperties;
}

const LONGEST_KEY = 1024;
const THAW_MILLISECONDS = 2000;

/** An S3 service over a folder, path style, for any HTTP server. Uploads may be slow: set the server's `requestTimeout` to 0. */
export function createS3(options: S3Options): S3 {
  const {
    directory,
    authenticate = refuseEverybody,
    authorize = refuseEverybody,
    authorizeRole = () => {},
    clock = () => new Date(),
    region = 'us-east-1',
    requireKey = async () => {},
    observe,
    background = (work) => work(),
    replicationMilliseconds = 0,
    account = '000000000000',
    thawMilliseconds = THAW_MILLISECONDS,
  } = options;
  mkdirSync(directory, { recursive: true });
  const buckets = new Map<string, OpenBucket>();
  const open = (name: string, { created, properties, region: bucketRegion = region }: BucketFile): OpenBucket => {
    const bucket = new Bucket(directory, name, { created: new Date(created), properties }, { clock, thawMilliseconds });
    const opened = { bucket, uploads: new UploadStore(bucket), region: bucketRegion };
    buckets.set(name, opened);
    return opened;
  };
  for (const name of readdirSync(directory)) {
    const path = join(directory, name, 'bucket.json');
    if (existsSync(path)) open(name, JSON.parse(readFileSync(path, 'utf8')) as BucketFile);
  }

  const own = new OwnWork({
    directory,
    buckets,
    clock,
    requireKey,
    authorizeRole,
    background,
    replicationMilliseconds,
    account,
  });

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
        requireRegion(buckets.get(target.bucket ?? ''), target, caller);
        const permit = inWordsOfS3((rights) => authorize(caller!, rights));
        const { query, headers } = target;
        const call = { request, response, query, headers, requireKey, now: clock(), permit };
        await dispatch(call, target, buckets);
      } catch (refusal) {
        error = refusal;
        // What the client still sends is read and dropped, so that it gets to read the answer.
        request.resume();
        answerError(response, error, resource, requestId, request.method ?? 'GET');
      }
      if ((observe === undefined && !own.logs) || caller === undefined || target?.bucket === undefined) return;
      const told = { ...target, bucket: target.bucket };
      const record = recordOf({ id: requestId, begun, ended: clock(), request, response, caller, target: told, error });
      observe?.(record);
      own.note(record);
    },

    async createBucket(name, properties, bucketRegion = region) {
      if (!isBucketName(name)) throw new TypeError(`${name} is not the name of a bucket`);
      const parsed = parseBucketProperties(properties);
      if (buckets.get(name)?.bucket.properties.ObjectLockEnabled && !parsed.ObjectLockEnabled) {
        throw new TypeError(`Object Lock of the bucket ${name} cannot be switched off`);
      }
      const created = buckets.get(name)?.bucket.created.toISOString() ?? clock().toISOString();
      const file: BucketFile = { created, properties: parsed, region: bucketRegion };
      const opened = buckets.get(name) ?? open(name, file);
      opened.bucket.properties = parsed;
      opened.region = bucketRegion;
      await writeJson(join(directory, name, 'bucket.json'), file, incomingFolder(directory, name));
      await own.openLogs();
    },

    carryOutLifecycle: () => own.carryOutLifecycle(),
    startReplication: () => own.startReplication(),
    deliverLogs: () => own.deliverLogs(),
    store: (bucket, object) => storeBytes(existing(buckets, bucket), object, { now: clock(), requireKey }),

    regionOf: (bucket) => buckets.get(bucket)?.region,
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
    call.permit(ALL_BUCKETS_RIGHTS);
    return listBuckets(
      call,
      [...buckets.values()].map(({ bucket }) => bucket),
    );
  }
  const { key } = target;
  if (key !== undefined) {
    const action = choosePermitted(OBJECT_ACTIONS, call, target);
    if (Buffer.byteLength(key) > LONGEST_KEY) throw new S3Error('KeyTooLongError', 'Your key is too long');
    return onObject(action, { ...call, ...existing(buckets, target.bucket), key });
  }
  const action = choosePermitted(BUCKET_ACTIONS, call, target);
  return onBucket(action, { ...call, ...existing(buckets, target.bucket) });
}

/** S3 answers for a bucket only where it lies; only where that is can be asked anywhere. */
function requireRegion(opened: OpenBucket | undefined, { bucket, query }: Target, caller: Caller): void {
  if (opened === undefined || opened.region === caller.region || query.has('location')) return;
  const message = 'The bucket you are attempting to access must be addressed using the specified endpoint.';
  const endpoint = `s3.${opened.region}.amazonaws.com`;
  const headers = { 'x-amz-bucket-region': opened.region };
  throw new S3Error('PermanentRedirect', message, { Endpoint: endpoint, Bucket: bucket! }, headers);
}

function existing(buckets: Map<string, OpenBucket>, name: string): OpenBucket {
  const found = buckets.get(name);
  if (!found) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
  return found;
}
