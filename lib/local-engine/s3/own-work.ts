import { join } from 'node:path';
import { JsonLines } from '../json-lines.ts';
import type { Right } from '../policies/right.ts';
import type { AccessLogs } from './access-logs.ts';
import type { BucketProperties } from './bucket-properties.ts';
import type { OpenBucket } from './call.ts';
import type { LifecycleEvent } from './carry-out-lifecycle.ts';
import { enabledRules } from './lifecycle-plan.ts';
import type { RequestRecord } from './request-record.ts';
import { storeBytes } from './store-bytes.ts';

/** One line per thing that lifecycle did. No bucket's name begins with an underscore. */
const LIFECYCLE_LOG = '_lifecycle.jsonl';

export interface OwnWorkOptions {
  directory: string;
  buckets: ReadonlyMap<string, OpenBucket>;
  clock: () => Date;
  requireKey: (key: string) => Promise<void>;
  authorizeRole: (role: string, rights: readonly Right[]) => void;
  background: (work: () => Promise<void>) => Promise<void>;
  replicationMilliseconds: number;
  account: string;
}

/** What S3 does with buckets without being asked each time. Each part is loaded where a bucket wants it: most want none. */
export class OwnWork {
  readonly #options: OwnWorkOptions;
  #logs: AccessLogs | undefined;

  constructor(options: OwnWorkOptions) {
    this.#options = options;
  }

  /** Whether requests are to be noted. */
  get logs(): boolean {
    return this.#logs !== undefined;
  }

  note(record: RequestRecord): void {
    this.#logs?.note(record);
  }

  /** To be called when a bucket has been made, or has other properties. */
  async openLogs(): Promise<void> {
    if (this.#logs !== undefined || this.#wanting(({ LoggingConfiguration }) => LoggingConfiguration !== undefined).length === 0)
      return;
    const { AccessLogs } = await import('./access-logs.ts');
    const { clock, requireKey } = this.#options;
    const store = (opened: OpenBucket, key: string, bytes: Buffer) =>
      storeBytes(opened, { key, bytes, headers: { 'content-type': 'text/plain' } }, { now: clock(), requireKey });
    this.#logs = new AccessLogs({ ...this.#options, store });
  }

  async deliverLogs(): Promise<void> {
    await this.#logs?.deliver();
  }

  async carryOutLifecycle(): Promise<LifecycleEvent[]> {
    const ruled = this.#wanting((properties) => enabledRules(properties).length > 0);
    if (ruled.length === 0) return [];
    await this.openLogs();
    const { carryOutLifecycle } = await import('./carry-out-lifecycle.ts');
    const { clock, directory } = this.#options;
    let log: JsonLines | undefined;
    const events: LifecycleEvent[] = [];
    try {
      for (const opened of ruled) {
        await carryOutLifecycle(opened, clock(), (event) => {
          log ??= new JsonLines(join(directory, LIFECYCLE_LOG));
          log.append(event);
          this.#logs?.noteLifecycle(event);
          events.push(event);
        });
      }
    } finally {
      log?.close();
    }
    return events;
  }

  async startReplication(): Promise<() => void> {
    const sources = this.#wanting(({ ReplicationConfiguration }) => ReplicationConfiguration !== undefined);
    if (sources.length === 0) return () => {};
    const { Replicator } = await import('./replicator.ts');
    const replicator = new Replicator({ ...this.#options, waitMilliseconds: this.#options.replicationMilliseconds });
    for (const { bucket } of sources) replicator.watch(bucket);
    return () => replicator.stop();
  }

  #wanting(wants: (properties: BucketProperties) => boolean): OpenBucket[] {
    return [...this.#options.buckets.values()].filter(({ bucket }) => wants(bucket.properties));
  }
}
