import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const EVERY_MS = 100;
/** Servers and clients of the database: what they need is the dump's own. */
const POSTGRES = /^(postgres|pg_\w+|psql|initdb)$/;
/** Below it is what runs on the host; everything else is the engine, which stands for AWS. */
const HOST_COMMAND = 'supervise.sh';

interface Seen {
  name: string;
  onHost: boolean;
  /** Now, and the most so far. */
  bytes: number;
  most: number;
}

interface Sample {
  at: number;
  processes: Seen[];
  disk: number;
}

/** What a tree of processes used, the database's own left out. Times are milliseconds since 1970; without them: always. */
export interface Footprint {
  /** The most that all its processes held at once, bytes. Shared pages count in each, so it is rather too much. */
  memory(from?: number, to?: number): number;
  /** The same for those that run on the host. */
  hostMemory(from?: number, to?: number): number;
  /** The most that each kind of process held, largest first. */
  largest(from?: number, to?: number): { name: string; bytes: number }[];
  /** The most bytes in files of the folder. */
  disk(from?: number, to?: number): number;
}

/** Looks at a process, all its descendants and the size of a folder ten times a second until it is stopped. */
export function watchProcesses(root: number, folder: string): { stop(): Footprint } {
  const known = new Map<number, { name: string; onHost: boolean }>();
  const samples: Sample[] = [];
  const look = () => samples.push({ at: Date.now(), processes: processesBelow(root, known), disk: bytesBelow(folder) });
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return footprintOf(samples);
    },
  };
}

function footprintOf(samples: readonly Sample[]): Footprint {
  const between = (from = 0, to = Number.POSITIVE_INFINITY) => samples.filter(({ at }) => at >= from && at <= to);
  const sum = (processes: readonly Seen[]) => processes.reduce((total, { bytes }) => total + bytes, 0);
  return {
    memory: (from, to) => Math.max(0, ...between(from, to).map(({ processes }) => sum(processes))),
    hostMemory: (from, to) =>
      Math.max(0, ...between(from, to).map(({ processes }) => sum(processes.filter(({ onHost }) => onHost)))),
    largest: (from, to) => {
      const most = new Map<string, number>();
      for (const { processes } of between(from, to)) {
        for (const process of processes) most.set(process.name, Math.max(process.most, most.get(process.name) ?? 0));
      }
      return [...most].map(([name, bytes]) => ({ name, bytes })).sort((one, other) => other.bytes - one.bytes);
    },
    disk: (from, to) => Math.max(0, ...between(from, to).map(({ disk }) => disk)),
  };
}

/** A process that lost its parent stays in the tree it was seen in. */
function processesBelow(root: number, known: Map<number, { name: string; onHost: boolean }>): Seen[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? read(`/proc/${pid}/stat`) : '';
    if (stat !== '') parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]));
  }
  for (const pid of known.keys()) if (!parents.has(pid)) known.delete(pid);
  const isBelow = (pid: number): boolean => pid === root || known.has(pid) || (parents.has(pid) && isBelow(parents.get(pid)!));
  const onHost = (pid: number): boolean => {
    if (pid === root || !parents.has(pid)) return false;
    return known.get(pid)?.onHost === true || read(`/proc/${pid}/cmdline`).includes(HOST_COMMAND) || onHost(parents.get(pid)!);
  };
  return [...parents.keys()].filter(isBelow).flatMap((pid) => {
    const facts = { name: nameOf(pid), onHost: onHost(pid) };
    known.set(pid, facts);
    const status = read(`/proc/${pid}/status`);
    if (POSTGRES.test(facts.name) || status === '') return [];
    return [{ ...facts, bytes: kilobytes(status, 'VmRSS'), most: kilobytes(status, 'VmHWM') }];
  });
}

/** The program, or the script that an interpreter runs. */
function nameOf(pid: number): string {
  const [program = '', ...words] = read(`/proc/${pid}/cmdline`).split('\0');
  const name = basename(program.split(' ')[0]!);
  const script = words.find((word) => /\.(m?[jt]s|sh)$/.test(word));
  return script === undefined || !/^(node|bash|sh)$/.test(name) ? name : basename(script);
}

function kilobytes(status: string, field: string): number {
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const name of list(folder)) {
    try {
      const path = join(folder, name);
      const facts = lstatSync(path);
      bytes += facts.isDirectory() ? bytesBelow(path) : facts.size;
    } catch {
      // Gone between the list and the look.
    }
  }
  return bytes;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty when the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
