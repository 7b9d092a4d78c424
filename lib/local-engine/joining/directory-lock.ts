import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTime } from '../process-identity.ts';

/** Who holds a lock. `begun` tells two processes apart that were given the same pid one after the other (empty where unknown). */
interface Holder {
  pid: number;
  begun: string;
}

/**
 * The right to run the engine on a directory, held by one process. Each holder's file has the number after the last one's, and a file
 * is made exclusively, so of two processes that find the same dead holder only one can succeed it. The lock of a process that was
 * killed is taken over; nothing has to be cleaned up by hand.
 */
export class DirectoryLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** The lock, or the pid of the living process that holds it. */
  static acquire(directory: string): DirectoryLock | { heldBy: number } {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    while (true) {
      const last = generations(directory).at(-1) ?? 0;
      const holder = last === 0 ? undefined : readHolder(fileOf(directory, last));
      if (holder !== undefined && isAlive(holder)) return { heldBy: holder.pid };
      const mine = last + 1;
      if (!create(directory, mine)) continue;
      // Whoever read an old list may have made a number that was already passed over: only the highest counts.
      if (generations(directory).some((generation) => generation > mine)) {
        rmSync(fileOf(directory, mine), { force: true });
        continue;
      }
      for (const old of generations(directory).filter((generation) => generation < mine))
        rmSync(fileOf(directory, old), { force: true });
      return new DirectoryLock(fileOf(directory, mine));
    }
  }

  /** Gives the lock up. The file stays, so that its number is not used again, but names no process. */
  release(): void {
    writeFileSync(this.#file, JSON.stringify({ pid: 0, begun: '' } satisfies Holder));
  }
}

function fileOf(directory: string, generation: number): string {
  return join(directory, `lock-${generation}`);
}

function generations(directory: string): number[] {
  return readdirSync(directory)
    .map((file) => Number(/^lock-(\d+)$/.exec(file)?.[1] ?? 0))
    .filter((generation) => generation > 0)
    .sort((one, other) => one - other);
}

/** Makes a holder's file, complete from the first moment on; false when somebody else made it. */
function create(directory: string, generation: number): boolean {
  const draft = join(directory, `lock-draft-${process.pid}-${generation}`);
  const holder: Holder = { pid: process.pid, begun: beginningOf(process.pid) };
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(draft, fileOf(directory, generation));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    // Removed by its successor, or emptied by a power cut: nobody holds it.
    return undefined;
  }
}

function isAlive({ pid, begun }: Holder): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return beginningOf(pid) === begun;
}

/** When a process began; empty when it has ended, and where that is not known (Linux knows it): then the pid alone decides. */
function beginningOf(pid: number): string {
  return startTime(pid) ?? '';
}
