import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accessLogLine, dayOf, lifecycleLogLine } from './access-log.ts';
import type { OpenBucket } from './call.ts';
import type { LifecycleEvent } from './carry-out-lifecycle.ts';
import { uniqueName } from './layout.ts';
import type { LoggingConfiguration } from './logging-configuration.ts';
import type { RequestRecord } from './request-record.ts';

/** Holds the records of a bucket until they are delivered: a killed engine loses none, and delivers some twice at worst, as S3 may. */
const PENDING = 'access-log';
const DELIVERING = /^access-log\.delivering-/;

export interface AccessLogsOptions {
  directory: string;
  buckets: ReadonlyMap<string, OpenBucket>;
  account: string;
  clock: () => Date;
  /** Stores an object in a bucket. */
  store: (opened: OpenBucket, key: string, bytes: Buffer) => Promise<void>;
}

/** Server access logs: S3 delivers them "within a few hours"; here they are delivered when {@link deliver} is called. */
export class AccessLogs {
  readonly #options: AccessLogsOptions;

  constructor(options: AccessLogsOptions) {
    this.#options = options;
  }

  note(record: RequestRecord): void {
    this.#append(record.bucket, () => accessLogLine(record));
  }

  noteLifecycle(event: LifecycleEvent): void {
    this.#append(event.bucket, () => lifecycleLogLine(event, requestId()));
  }

  /** Makes objects of everything that was noted. */
  async deliver(): Promise<void> {
    for (const [name, { bucket }] of this.#options.buckets) {
      const configuration = bucket.properties.LoggingConfiguration;
      if (configuration === undefined) continue;
      const folder = join(this.#options.directory, name);
      if (existsSync(join(folder, PENDING)))
        renameSync(join(folder, PENDING), join(folder, `access-log.delivering-${uniqueName()}`));
      for (const file of readdirSync(folder).filter((entry) => DELIVERING.test(entry))) {
        await this.#deliverFile(name, configuration, readFileSync(join(folder, file), 'utf8'));
        rmSync(join(folder, file));
      }
    }
  }

  async #deliverFile(source: string, configuration: LoggingConfiguration, text: string): Promise<void> {
    const target = this.#options.buckets.get(configuration.DestinationBucketName ?? source);
    // A target that is gone is what S3 drops records for.
    if (target === undefined) return;
    const lines = text.split('\n').filter((line) => line !== '');
    const byEvent = configuration.TargetObjectKeyFormat?.PartitionedPrefix?.PartitionDateSource !== 'DeliveryTime';
    const isPartitioned = configuration.TargetObjectKeyFormat?.PartitionedPrefix !== undefined;
    const groups = isPartitioned && byEvent ? Map.groupBy(lines, dayOf) : new Map([[undefined, lines]]);
    for (const [day, records] of groups) {
      const key = this.#key(source, configuration, day);
      await this.#options.store(target, key, Buffer.from(records.map((line) => `${line}\n`).join('')));
    }
  }

  /** `[DestinationPrefix][YYYY]-[MM]-[DD]-[hh]-[mm]-[ss]-[UniqueString]`, partitioned by account, region, bucket and day where wanted. */
  #key(source: string, { LogFilePrefix = '', TargetObjectKeyFormat }: LoggingConfiguration, day: string | undefined): string {
    const now = this.#options.clock().toISOString();
    const name = day === undefined ? now.slice(0, 19).replace(/[T:]/g, '-') : `${day}-00-00-00`;
    if (TargetObjectKeyFormat?.PartitionedPrefix === undefined) return `${LogFilePrefix}${name}-${requestId()}`;
    const { account, buckets } = this.#options;
    const { region } = buckets.get(source)!;
    return `${LogFilePrefix}${account}/${region}/${source}/${name.slice(0, 10).replaceAll('-', '/')}/${name}-${requestId()}`;
  }

  #append(name: string, line: () => string): void {
    if (this.#options.buckets.get(name)?.bucket.properties.LoggingConfiguration === undefined) return;
    appendFileSync(join(this.#options.directory, name, PENDING), `${line()}\n`, { mode: 0o600 });
  }
}

function requestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
