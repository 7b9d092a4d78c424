import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import type { Connection } from './connection.ts';
import { bytesText } from './text.ts';

/** What a host document says of itself on stderr while it works: bytes so far. */
const line = z.object({ source: z.string(), bytes: z.number().nonnegative(), note: z.string().nullish() });
export type HostProgressLine = z.infer<typeof line>;

/** The progress in a line of the host's log; null for every other line. */
export function parseHostProgress(text: string): HostProgressLine | null {
  const [, json] = /^progress (\{.*\})\s*$/.exec(text) ?? [];
  try {
    return json === undefined ? null : (line.safeParse(JSON.parse(json)).data ?? null);
  } catch {
    return null;
  }
}

interface Moving {
  bytes: number;
  at: number;
  /** Bytes per second since the line before. */
  rate: number;
  note: string | null;
}

/** Bytes per source and how fast they grow. */
export class HostProgress {
  readonly #sources = new Map<string, Moving>();

  /** Takes a line that the host wrote at `at` (milliseconds since 1970). */
  take({ source, bytes, note }: HostProgressLine, at: number): void {
    const before = this.#sources.get(source);
    const seconds = before === undefined ? 0 : (at - before.at) / 1000;
    const rate = before === undefined || seconds <= 0 || bytes < before.bytes ? 0 : (bytes - before.bytes) / seconds;
    this.#sources.set(source, { bytes, at, rate, note: note || null });
  }

  /** One text per source that said something within the last ten seconds before `now`: CloudWatch is seconds behind the host. */
  texts(now: number): string[] {
    const moving = [...this.#sources].filter(([, { at }]) => now - at < 10_000);
    return moving.map(([source, { bytes, rate, note }]) => {
      const speed = rate > 0 ? `  ${bytesText(rate)}/s` : '';
      return `${source}  ${bytesText(bytes)}${speed}${note === null ? '' : `  ${note}`}`;
    });
  }
}

/** Reads the host's log group from a moment on, each line once. */
export class HostLog {
  readonly #connection: Connection;
  #from: number;
  #seen = new Set<string>();

  /** `from` in milliseconds since 1970. */
  constructor(connection: Connection, from: number) {
    this.#connection = connection;
    this.#from = from;
  }

  /** New progress lines with their times. */
  async read(): Promise<{ line: HostProgressLine; at: number }[]> {
    const found: { line: HostProgressLine; at: number }[] = [];
    let nextToken: string | undefined;
    let newest = this.#from;
    const seen = new Set<string>();
    do {
      const page = await this.#connection.logs.send(
        new FilterLogEventsCommand({ logGroupName: this.#connection.stack.hostLogGroup, startTime: this.#from, nextToken }),
      );
      for (const event of page.events ?? []) {
        const at = event.timestamp ?? this.#from;
        const key = `${event.logStreamName} ${at} ${event.message}`;
        seen.add(key);
        newest = Math.max(newest, at);
        const parsed = this.#seen.has(key) ? null : parseHostProgress(event.message ?? '');
        if (parsed !== null) found.push({ line: parsed, at });
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    // Lines of the newest millisecond come again next time, because more of them may follow.
    this.#from = newest;
    this.#seen = seen;
    return found;
  }
}
