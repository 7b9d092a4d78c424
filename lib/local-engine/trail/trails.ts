import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readJsonLines } from '../json-lines.ts';
import { uniqueName } from '../s3/layout.ts';
import type { RequestRecord } from '../s3/request-record.ts';
import type { S3 } from '../s3/service.ts';
import type { PlatformEvent } from '../states-service/status-event.ts';
import { type CallRecord, callRecord, selectable } from './call-record.ts';
import type { TrailSpec } from './trails-of-assembly.ts';

export interface TrailsOptions {
  trails: TrailSpec[];
  account: string;
  /** Holds the records that no log file has yet. */
  folder: string;
  /** Where a bucket lies. */
  regionOf: (bucket: string) => string;
  s3: Pick<S3, 'store'>;
  requireKey: (key: string) => Promise<void>;
  deliver: (event: PlatformEvent) => Promise<void>;
}

/**
 * What the trails of an assembly record: S3 calls on objects that one of their selectors selects. Each becomes an event at once, and a
 * record in a log file when {@link deliver} is called; CloudTrail delivers log files about every five minutes.
 */
export class Trails {
  readonly #options: TrailsOptions;

  constructor(options: TrailsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  }

  observe(request: RequestRecord): void {
    const call = selectable(request);
    if (call === undefined) return;
    const region = this.#options.regionOf(request.bucket);
    const selecting = this.#options.trails.filter(
      (trail) => (trail.multiRegion || trail.region === region) && trail.selectors.some((selects) => selects(call)),
    );
    if (selecting.length === 0) return;
    const record = callRecord(request, call, region);
    for (const { name } of selecting) appendFileSync(this.#pending(name), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    void this.#options.deliver(eventOf(record, this.#options.account));
  }

  /** Makes log files of everything that was recorded; what cannot be delivered now is delivered with the next. */
  async deliver(): Promise<void> {
    const { folder, trails, requireKey, s3 } = this.#options;
    for (const trail of trails) {
      const pending = this.#pending(trail.name);
      if (existsSync(pending)) renameSync(pending, `${pending}.delivering-${uniqueName()}`);
      for (const file of readdirSync(folder).filter((name) =>
        name.startsWith(`${encodeURIComponent(trail.name)}.jsonl.delivering-`),
      )) {
        const Records = readJsonLines<CallRecord>(join(folder, file));
        try {
          if (trail.kmsKeyId !== undefined) await requireKey(trail.kmsKeyId);
          const headers = {
            'content-type': 'application/json',
            'content-encoding': 'gzip',
            ...(trail.kmsKeyId !== undefined && {
              'x-amz-server-side-encryption': 'aws:kms',
              'x-amz-server-side-encryption-aws-kms-key-id': trail.kmsKeyId,
            }),
          };
          for (const [region, records] of Map.groupBy(Records, ({ awsRegion }) => awsRegion)) {
            const bytes = gzipSync(JSON.stringify({ Records: records }));
            await s3.store(trail.bucket, { key: this.#key(trail, region), bytes, headers });
          }
          rmSync(join(folder, file));
        } catch (error) {
          process.stderr.write(`local engine: the trail ${trail.name} cannot deliver: ${(error as Error).message}\n`);
        }
      }
    }
  }

  /** `PREFIX/AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz` */
  #key({ prefix }: TrailSpec, region: string): string {
    const { account } = this.#options;
    const [date = '', time = ''] = new Date().toISOString().split('T');
    const minute = `${date.replaceAll('-', '')}T${time.slice(0, 5).replace(':', '')}Z`;
    const unique = uniqueName()
      .replace(/[^A-Za-z0-9]/g, '')
      .slice(0, 16);
    const folder = `${prefix}AWSLogs/${account}/CloudTrail/${region}/${date.replaceAll('-', '/')}`;
    return `${folder}/${account}_CloudTrail_${region}_${minute}_${unique}.json.gz`;
  }

  #pending(name: string): string {
    return join(this.#options.folder, `${encodeURIComponent(name)}.jsonl`);
  }
}

/** The event that rules see of a recorded call (EventBridge user guide, AWS service events delivered via CloudTrail). */
function eventOf(record: CallRecord, account: string): PlatformEvent {
  return {
    version: '0',
    id: record.eventID,
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.s3',
    account,
    time: record.eventTime,
    region: record.awsRegion,
    resources: [],
    detail: record,
  };
}
