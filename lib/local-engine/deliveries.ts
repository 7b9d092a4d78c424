import type { Activity } from './activity.ts';
import type { RequestRecord } from './s3/request-record.ts';
import type { S3 } from './s3/service.ts';
import type { Trails, TrailsOptions } from './trail/trails.ts';

/** How often logs are delivered while the engine runs; they also are when somebody waits until it is idle. */
const DELIVERY_MILLISECONDS = 60_000;

/** What was recorded of S3 calls, on its way into buckets: access logs and the log files of trails. */
export class Deliveries {
  readonly #s3: S3;
  readonly #trails: Trails | undefined;
  readonly #timer: NodeJS.Timeout;
  #last = Promise.resolve();

  private constructor(s3: S3, activity: Activity, trails: Trails | undefined) {
    this.#s3 = s3;
    this.#trails = trails;
    this.#timer = setInterval(() => void activity.during(() => this.deliver()), DELIVERY_MILLISECONDS);
    this.#timer.unref();
  }

  static async open(s3: S3, activity: Activity, options: Omit<TrailsOptions, 's3'>): Promise<Deliveries> {
    if (options.trails.length === 0) return new Deliveries(s3, activity, undefined);
    const { Trails } = await import('./trail/trails.ts');
    return new Deliveries(s3, activity, new Trails({ ...options, s3 }));
  }

  observe(record: RequestRecord): void {
    this.#trails?.observe(record);
  }

  /** One delivery at a time. Never rejects: what could not be delivered is delivered with the next. */
  deliver(): Promise<void> {
    this.#last = this.#last
      .then(() => this.#trails?.deliver())
      .then(() => this.#s3.deliverLogs())
      .catch((error: Error) => void process.stderr.write(`local engine: ${error.stack}\n`));
    return this.#last;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
