import { join } from 'node:path';
import { JsonLines, readJsonLines } from '../json-lines.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What is known of an execution without reading its file. Times are in milliseconds since 1970. */
export interface ExecutionSummary {
  machine: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
}

/** How an execution ended. Output is a JSON text. */
export interface ExecutionEnd {
  status: Exclude<ExecutionStatus, 'RUNNING'>;
  output?: string;
  error?: string;
  cause?: string;
}

/** Everything about an execution. Input and output are JSON texts. */
export interface ExecutionDetail extends ExecutionSummary {
  input: string;
  output?: string;
  error?: string;
  cause?: string;
}

/** A history event in AWS's shape; `timestamp` in milliseconds, details under `<type>EventDetails`. */
export interface HistoryEvent {
  id: number;
  previousEventId: number;
  timestamp: number;
  type: string;
  [details: string]: unknown;
}

type IndexLine =
  | { started: { machine: string; name: string; at: number } }
  | { ended: { machine: string; name: string; at: number; status: ExecutionStatus } }
  | { announced: { machine: string; name: string } };

type FileLine = { input: string } | { event: HistoryEvent } | { end: ExecutionEnd };

/**
 * Executions on disk: `index.jsonl` says which there are and how they ended, `<machine>/<name>.jsonl` holds input, history and end of
 * each. Every line is written as it happens, so a later start finds what a killed engine left behind.
 */
export class ExecutionStore {
  readonly #directory: string;
  readonly #index: JsonLines;
  readonly #summaries = new Map<string, ExecutionSummary>();
  readonly #unannounced = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
    const file = join(directory, 'index.jsonl');
    this.#index = new JsonLines(file);
    for (const line of readJsonLines<IndexLine>(file)) this.#replay(line);
  }

  find(machine: string, name: string): ExecutionSummary | undefined {
    return this.#summaries.get(`${machine}/${name}`);
  }

  /** The executions of a machine, newest first. */
  list(machine: string): ExecutionSummary[] {
    const all = [...this.#summaries.values()].filter((summary) => summary.machine === machine);
    return all.reverse().sort((one, other) => other.startDate - one.startDate);
  }

  /** Executions that are open on disk: at start, those of an engine that ended before they did. */
  open(): ExecutionSummary[] {
    return [...this.#summaries.values()].filter(({ status }) => status === 'RUNNING');
  }

  /** Executions that ended, but whose end may not have reached everyone who waits for it. */
  unannounced(): ExecutionSummary[] {
    return [...this.#unannounced].map((key) => this.#summaries.get(key)!);
  }

  begin(machine: string, name: string, input: string): ExecutionRecord {
    const at = Date.now();
    const record = new ExecutionRecord(this.#file(machine, name));
    record.append({ input });
    this.#write({ started: { machine, name, at } });
    return record;
  }

  /** Opens the file of an execution that another engine began. */
  resume(summary: ExecutionSummary): ExecutionRecord {
    return new ExecutionRecord(this.#file(summary.machine, summary.name));
  }

  end({ machine, name }: ExecutionSummary, record: ExecutionRecord, end: ExecutionEnd): ExecutionDetail {
    record.append({ end });
    record.close();
    this.#write({ ended: { machine, name, at: Date.now(), status: end.status } });
    return this.detail(this.find(machine, name)!);
  }

  /** Notes that everyone who waits for the end of an execution has been told. */
  announced({ machine, name }: ExecutionSummary): void {
    this.#write({ announced: { machine, name } });
  }

  detail(summary: ExecutionSummary): ExecutionDetail {
    const lines = this.#lines(summary);
    const input = lines.find((line) => 'input' in line)?.input ?? '{}';
    const end = lines.find((line) => 'end' in line)?.end;
    return { ...summary, input, ...end, status: summary.status };
  }

  history(summary: ExecutionSummary): HistoryEvent[] {
    return this.#lines(summary).flatMap((line) => ('event' in line ? [line.event] : []));
  }

  close(): void {
    this.#index.close();
  }

  #write(line: IndexLine): void {
    this.#index.append(line);
    this.#replay(line);
  }

  #replay(line: IndexLine): void {
    if ('started' in line) {
      const { machine, name, at } = line.started;
      this.#summaries.set(`${machine}/${name}`, { machine, name, status: 'RUNNING', startDate: at });
    } else if ('ended' in line) {
      const { machine, name, at, status } = line.ended;
      const key = `${machine}/${name}`;
      this.#summaries.set(key, { ...this.#summaries.get(key)!, status, stopDate: at });
      this.#unannounced.add(key);
    } else {
      this.#unannounced.delete(`${line.announced.machine}/${line.announced.name}`);
    }
  }

  #lines({ machine, name }: ExecutionSummary): FileLine[] {
    return readJsonLines<FileLine>(this.#file(machine, name));
  }

  #file(machine: string, name: string): string {
    return join(this.#directory, machine, `${name}.jsonl`);
  }
}

/** The open file of one execution. */
export class ExecutionRecord {
  readonly #file: JsonLines;

  constructor(file: string) {
    this.#file = new JsonLines(file);
  }

  event(event: HistoryEvent): void {
    this.append({ event });
  }

  append(line: FileLine): void {
    this.#file.append(line);
  }

  close(): void {
    this.#file.close();
  }
}
