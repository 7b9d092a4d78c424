import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.ts';

export interface Process {
  pid: number;
  command: string;
}

/** Processes that carry one of the marks in their environment or command line, but not this one. Zombies carry neither. */
export async function markedProcesses(marks: readonly string[]): Promise<Process[]> {
  const found: Process[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const [environment, words] = await Promise.all([read(`/proc/${name}/environ`), read(`/proc/${name}/cmdline`)]);
    if (marks.some((mark) => environment.includes(mark) || words.includes(mark))) {
      found.push({ pid, command: words.replaceAll('\0', ' ').trim().slice(0, 200) });
    }
  }
  return found;
}

/** Until there is none: one that is not killed yet may start another. */
export async function killMarked(marks: readonly string[]): Promise<void> {
  const noneIsLeft = async () => {
    const found = await markedProcesses(marks);
    for (const { pid } of found) kill(pid);
    return found.length === 0;
  };
  await until(noneIsLeft, 20_000, `no process of ${marks[0]} is left`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Empty when the process is gone or belongs to somebody else. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
