import {
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryOutput,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { readCause } from './cause.ts';
import type { Connection } from './connection.ts';
import { HostLog, HostProgress } from './host-progress.ts';
import type { Progress } from './progress.ts';
import { childLabel, machineOf, type StepChange, Steps } from './steps.ts';
import { durationText } from './text.ts';

interface Followed {
  executionArn: string;
  /** Empty for the run itself. */
  label: string;
  depth: number;
  /** A command on the host: the console shows its inner states, here its name says enough. */
  isHostCommand: boolean;
  startedAt: number;
  steps: Steps;
  ended: boolean;
}

const PLAIN_BYTES_EVERY_MS = 5000;

/** Shows a run and everything it starts, from their histories and the host's log, as they go on. */
export class Follower {
  readonly #connection: Connection;
  readonly #progress: Progress;
  readonly #log: HostLog;
  readonly #host = new HostProgress();
  readonly #followed: Followed[] = [];
  readonly #startedAt = Date.now();
  #step = '';
  #logReadAt = 0;
  #bytesShownAt = Date.now();
  #troubled = false;

  constructor(connection: Connection, progress: Progress, executionArn: string) {
    this.#connection = connection;
    this.#progress = progress;
    // The clocks of host and laptop differ a little; a line too many is harmless, one too few is not.
    this.#log = new HostLog(connection, Date.now() - 5000);
    this.#follow(executionArn, '', 0);
  }

  /** Looks once and shows what is new. Watching must never fail a run: trouble is told once and then ignored. */
  async look(): Promise<void> {
    try {
      await this.#lookAtHistories();
      await this.#lookAtHost();
    } catch (error) {
      if (!this.#troubled) this.#progress.line(`  (progress cannot be read: ${(error as Error).message})`);
      this.#troubled = true;
    }
  }

  async #lookAtHistories(): Promise<void> {
    // Children that turn up while looking are appended, and so looked at in the same round.
    for (const followed of this.#followed) {
      if (followed.ended) continue;
      const changes = followed.steps.take(await this.#newEvents(followed));
      this.#show(followed, changes);
    }
  }

  /** Events after the last one seen: read from the end, because only the first look needs them all. */
  async #newEvents({ executionArn, steps }: Followed): Promise<HistoryEvent[]> {
    const newestFirst: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.#page(executionArn, nextToken);
      newestFirst.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined && (newestFirst.at(-1)?.id ?? 0) > steps.lastEventId + 1);
    return newestFirst.reverse();
  }

  async #page(executionArn: string, nextToken: string | undefined): Promise<GetExecutionHistoryOutput> {
    const request = { executionArn, reverseOrder: true, maxResults: 100, nextToken };
    try {
      return await this.#connection.states.send(new GetExecutionHistoryCommand(request));
    } catch (error) {
      // A task that has just asked for its child is a moment ahead of it.
      if (error instanceof ExecutionDoesNotExist) return { events: [] };
      throw error;
    }
  }

  #show(followed: Followed, changes: readonly StepChange[]): void {
    const left = new Set(changes.flatMap((change) => (change.kind === 'left' ? [change.step] : [])));
    for (const change of changes) {
      if (change.kind === 'child') this.#follow(change.executionArn, childLabel(change.executionArn), followed.depth + 1);
      else if (change.kind === 'ended') this.#showEnd(followed, change);
      else if (!followed.isHostCommand) {
        const indent = '  '.repeat(followed.depth + 1);
        if (change.kind === 'left') this.#progress.line(`${indent}✓ ${change.step} (${durationText(change.seconds)})`);
        else if (!left.has(change.step)) this.#progress.line(`${indent}▸ ${change.step}`);
        if (change.kind === 'entered') this.#step = change.step;
      }
    }
  }

  #showEnd(followed: Followed, end: Extract<StepChange, { kind: 'ended' }>): void {
    followed.ended = true;
    if (followed.depth === 0) return;
    const indent = '  '.repeat(followed.depth + 1);
    const seconds = durationText((Date.now() - followed.startedAt) / 1000);
    const why = end.cause === null ? '' : `: ${readCause(end.cause).message.split('\n')[0]}`;
    this.#progress.line(
      end.ok ? `${indent}✓ ${followed.label} (${seconds})` : `${indent}✗ ${followed.label}: ${end.error}${why} (${seconds})`,
    );
  }

  #follow(executionArn: string, label: string, depth: number): void {
    if (this.#followed.some((other) => other.executionArn === executionArn)) return;
    const isHostCommand = machineOf(executionArn) === this.#connection.stack.hostCommandMachine;
    const started = { executionArn, label, depth, isHostCommand, startedAt: Date.now(), steps: new Steps(), ended: false };
    this.#followed.push(started);
    if (depth > 0) this.#progress.line(`${'  '.repeat(depth + 1)}▸ ${label}`);
  }

  async #lookAtHost(): Promise<void> {
    const now = Date.now();
    if (now - this.#logReadAt >= 1000) {
      this.#logReadAt = now;
      for (const { line, at } of await this.#log.read()) this.#host.take(line, at);
    }
    const texts = this.#host.texts(Date.now());
    const running = this.#followed.filter((each) => each.isHostCommand && !each.ended).map((each) => each.label);
    const current = texts.length > 0 ? texts : running;
    this.#progress.live(`  ${durationText((now - this.#startedAt) / 1000)}  ${[this.#step, ...current].join(' · ')}`);
    if (this.#progress.isLive || texts.length === 0 || now - this.#bytesShownAt < PLAIN_BYTES_EVERY_MS) return;
    this.#bytesShownAt = now;
    for (const text of texts) this.#progress.line(`    … ${text}`);
  }
}
