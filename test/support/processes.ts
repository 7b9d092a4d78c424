import { readdir, readFile } from 'node:fs/promises';

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

export async function killMarked(marks: readonly string[]): Promise<void> {
  for (const { pid } of await markedProcesses(marks)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Empty when the process is gone or belongs to somebody else. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
