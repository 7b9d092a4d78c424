import { randomUUID } from 'node:crypto';
import type { Activity } from '../activity.ts';
import type { LogWriter } from '../policies/role-logs.ts';
import { ServiceError } from '../service-error.ts';
import type { FunctionSpec } from './function-spec.ts';
import { type Outcome, Sandbox } from './sandbox.ts';

/** More invocations of one function than this wait for a free sandbox; a machine with two cores gains nothing from more. */
const sandboxesPerFunction = 4;
/** Most invocations end sooner than another sandbox has started, and starting it takes a core away from them. */
const patienceMilliseconds = 400;
/** An unused sandbox (about 50 MB) ends after this time; starting another takes about 100 ms. */
const idleMilliseconds = 30_000;
/** AWS's limit for a request and for a response of a synchronous invocation. */
export const payloadLimitBytes = 6 * 1024 * 1024;

interface Pool {
  spec: FunctionSpec;
  running: Set<Sandbox>;
  idle: { sandbox: Sandbox; timer: NodeJS.Timeout }[];
  waiting: (() => void)[];
}

/** All functions of an assembly, each with its warm sandboxes. */
export class Functions {
  readonly #pools = new Map<string, Pool>();
  readonly #environmentOf: (roleArn: string) => Record<string, string>;
  readonly #logsOf: (roleArn: string) => LogWriter;
  readonly #activity: Activity;
  #closed = false;

  constructor(options: {
    specs: FunctionSpec[];
    /** The environment that gives a child its role's credentials and the engine's address. */
    environmentOf: (roleArn: string) => Record<string, string>;
    /** Where a role writes its log. */
    logsOf: (roleArn: string) => LogWriter;
    activity: Activity;
  }) {
    for (const spec of options.specs) this.#pools.set(spec.name, { spec, running: new Set(), idle: [], waiting: [] });
    this.#environmentOf = options.environmentOf;
    this.#logsOf = options.logsOf;
    this.#activity = options.activity;
  }

  /** Whether a function of this name or ARN exists. */
  has(nameOrArn: string): boolean {
    return this.#pools.has(functionName(nameOrArn));
  }

  /**
   * Invokes a function with a JSON text and waits for its outcome.
   * @throws ServiceError when there is no such function or the payload is no JSON or too large
   */
  async invoke(nameOrArn: string, payload: string): Promise<Outcome> {
    const pool = this.#poolFor(nameOrArn, payload);
    return this.#activity.during(() => this.#run(pool, payload));
  }

  /** Throws what `invoke` would throw, without invoking. */
  check(nameOrArn: string, payload: string): void {
    this.#poolFor(nameOrArn, payload);
  }

  #poolFor(nameOrArn: string, payload: string): Pool {
    const pool = this.#pools.get(functionName(nameOrArn));
    if (pool === undefined) throw new ServiceError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    const bytes = Buffer.byteLength(payload);
    if (bytes > payloadLimitBytes) {
      throw new ServiceError(
        'RequestTooLargeException',
        `${bytes} byte payload is too large (limit ${payloadLimitBytes} bytes)`,
        413,
      );
    }
    try {
      JSON.parse(payload);
    } catch {
      throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json');
    }
    return pool;
  }

  /** Ends every child process; invocations that are under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    const sandboxes = [...this.#pools.values()].flatMap((pool) => {
      for (const { timer } of pool.idle) clearTimeout(timer);
      for (const wake of pool.waiting.splice(0)) wake();
      return [...pool.running];
    });
    await Promise.all(sandboxes.map((sandbox) => sandbox.kill()));
  }

  async #run(pool: Pool, payload: string): Promise<Outcome> {
    const sandbox = await this.#acquire(pool);
    try {
      const outcome = await sandbox.invoke(randomUUID(), payload);
      if ('result' in outcome && Buffer.byteLength(outcome.result) > payloadLimitBytes) {
        const errorMessage = `Response payload size exceeded maximum allowed payload size (${payloadLimitBytes} bytes).`;
        return { error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
      }
      return outcome;
    } finally {
      this.#release(pool, sandbox);
    }
  }

  async #acquire(pool: Pool): Promise<Sandbox> {
    let patient = true;
    while (true) {
      if (this.#closed) throw new ServiceError('ServiceException', 'The engine is closing', 500);
      const warm = pool.idle.pop();
      if (warm !== undefined) {
        clearTimeout(warm.timer);
        if (warm.sandbox.alive) return warm.sandbox;
        continue;
      }
      if (pool.running.size === 0 || (!patient && pool.running.size < sandboxesPerFunction)) {
        const sandbox = new Sandbox(pool.spec, this.#environmentOf(pool.spec.roleArn), this.#logsOf(pool.spec.roleArn));
        pool.running.add(sandbox);
        void sandbox.closed.then(() => {
          pool.running.delete(sandbox);
          pool.waiting.shift()?.();
        });
        return sandbox;
      }
      const full = pool.running.size >= sandboxesPerFunction;
      patient = await turn(pool, full ? undefined : patienceMilliseconds);
    }
  }

  #release(pool: Pool, sandbox: Sandbox): void {
    if (!sandbox.alive) {
      void sandbox.kill();
      return;
    }
    const timer = setTimeout(() => {
      pool.idle = pool.idle.filter((entry) => entry.sandbox !== sandbox);
      void sandbox.kill();
    }, idleMilliseconds);
    timer.unref();
    pool.idle.push({ sandbox, timer });
    pool.waiting.shift()?.();
  }
}

/** Waits until a sandbox is free or gone, at most for a time in milliseconds; false when that was over first. */
function turn(pool: Pool, milliseconds: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer =
      milliseconds === undefined
        ? undefined
        : setTimeout(() => {
            pool.waiting = pool.waiting.filter((other) => other !== wake);
            resolve(false);
          }, milliseconds);
    pool.waiting.push(wake);
  });
}

/** The name in a name, a function ARN, or an ARN or a name with a version. */
function functionName(nameOrArn: string): string {
  const [, name] = /(?:^|:function:)([A-Za-z0-9_-]+)(?::\$LATEST)?$/.exec(nameOrArn) ?? [];
  return name ?? nameOrArn;
}
