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
  label: string;
  depth: number;
  /** A command on the host: the console shows its inner states, here its name says enough. */
  isHostCommand: boolean;
  startedAt: Date;
  steps: Steps;
  ended: boolean;
}

/** Enough to see that it moves, few enough for the log of a nightly run. */
/** The host tells its bytes every second; a log needs fewer lines than a terminal. */
const PLAIN_BYTES_EVERY_MS = 2000;

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
  #bytesShownAt = 0;
  #troubled = false;

  constructor(connection: Connection, progress: Progress, executionArn: string) {
    this.#connection = connection;
    this.#progress = progress;
    // The clocks of host and laptop differ a little; a line too many is harmless, one too few is not.
    this.#log = new HostLog(connection, Date.now() - 5000);
    this.#follow(executionArn, 0, new Date());
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

  /** All executions are read first and then told in the order of time, or a child would seem to end after what waited for it. */
  async #lookAtHistories(): Promise<void> {
    const news: { followed: Followed; change: StepChange }[] = [];
    // Children that turn up while looking are appended, and so looked at in the same round.
    for (const followed of this.#followed) {
      if (followed.ended) continue;
      for (const change of followed.steps.take(await this.#newEvents(followed))) {
        if (change.kind === 'child') this.#follow(change.executionArn, followed.depth + 1, change.at);
        if (change.kind === 'ended') followed.ended = true;
        news.push({ followed, change });
      }
    }
    news.sort((one, other) => one.change.at.getTime() - other.change.at.getTime() || rank(one.change) - rank(other.change));
    const left = new Set(
      news.flatMap(({ followed, change }) => (change.kind === 'left' ? [stepKey(followed, change.step)] : [])),
    );
    for (const { followed, change } of news) {
      // What was entered and left since the last look is told once, with its time.
      const passed = change.kind === 'entered' && left.has(stepKey(followed, change.step));
      if (!passed) this.#show(followed, change);
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

  #show(followed: Followed, change: StepChange): void {
    const indent = '  '.repeat(followed.depth + 1);
    if (change.kind === 'child') this.#progress.line(`${indent}  ▸ ${this.#label(change.executionArn)}`);
    else if (change.kind === 'ended') this.#showEnd(followed, change, indent);
    else if (!followed.isHostCommand) this.#showStep(change, indent);
  }

  #showStep(change: Extract<StepChange, { kind: 'entered' | 'left' }>, indent: string): void {
    if (change.kind === 'entered') this.#step = change.step;
    const told = change.kind === 'entered' ? '▸' : change.ok ? '✓' : '✗';
    const took = change.kind === 'entered' ? '' : ` (${durationText(change.seconds)})`;
    this.#progress.line(`${indent}${told} ${change.step}${took}`);
  }

  #showEnd({ depth, label, startedAt }: Followed, end: Extract<StepChange, { kind: 'ended' }>, indent: string): void {
    if (depth === 0) return;
    const took = durationText(Math.max(0, end.at.getTime() - startedAt.getTime()) / 1000);
    const why = end.cause === null ? '' : `: ${readCause(end.cause).message.split('\n')[0]}`;
    this.#progress.line(end.ok ? `${indent}✓ ${label} (${took})` : `${indent}✗ ${label}: ${end.error}${why} (${took})`);
  }

  #follow(executionArn: string, depth: number, startedAt: Date): void {
    if (this.#followed.some((other) => other.executionArn === executionArn)) return;
    const isHostCommand = this.#isHostCommand(executionArn);
    this.#followed.push({
      executionArn,
      label: this.#label(executionArn),
      depth,
      isHostCommand,
      startedAt,
      steps: new Steps(),
      ended: false,
    });
  }

  #isHostCommand(executionArn: string): boolean {
    return machineOf(executionArn) === this.#connection.stack.hostCommandMachine;
  }

  #label(executionArn: string): string {
    return childLabel(executionArn, this.#connection.stack.suite, this.#isHostCommand(executionArn));
  }

  async #lookAtHost(): Promise<void> {
    const now = Date.now();
    if (now - this.#logReadAt >= 1000) {
      this.#logReadAt = now;
      for (const { line, at } of await this.#log.read()) this.#host.take(line, at);
    }
    const running = this.#followed.filter((each) => each.isHostCommand && !each.ended).map((each) => each.label);
    const bytes = running.length === 0 ? [] : this.#host.texts(now);
    const current = bytes.length > 0 ? bytes : running;
    this.#progress.live(`  ${durationText((now - this.#startedAt) / 1000)}  ${[this.#step, ...current].join(' · ')}`);
    if (this.#progress.isLive || bytes.length === 0 || now - this.#bytesShownAt < PLAIN_BYTES_EVERY_MS) return;
    this.#bytesShownAt = now;
    for (const text of bytes) this.#progress.line(`    … ${text}`);
  }
}

function stepKey({ executionArn }: Followed, step: string): string {
  return `${executionArn} ${step}`;
}

/** Within one millisecond an end comes before what it lets go on. */
function rank({ kind }: StepChange): number {
  return kind === 'ended' ? 0 : 1;
}
