import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Label of everything that this run of the tests makes in a Docker engine; its value is the run. */
export const RUN_LABEL = 'suite-backup.test-run';

const PREFIX = 'suite-backup-test-';
/** In a run's folder: the process whose run it is. */
const PID_FILE = 'pid';

/** One run of the tests: what its workers share, and what is removed at its end even when a worker was killed. */
export interface Run {
  /** Letters and digits. */
  id: string;
  folder: string;
}

/** The run that preflight.ts made; a worker started without it (an editor's, for example) makes one of its own. */
export async function currentRun(): Promise<Run> {
  const id = process.env.SUITE_BACKUP_TEST_RUN;
  return id === undefined ? createRun() : { id, folder: runFolder(id) };
}

export async function createRun(): Promise<Run> {
  const id = randomBytes(4).toString('hex');
  process.env.SUITE_BACKUP_TEST_RUN = id;
  const folder = runFolder(id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, PID_FILE), `${process.pid}\n`);
  // The server's user must get through, whatever the umask is.
  await chmod(folder, 0o755);
  return { id, folder };
}

function runFolder(id: string): string {
  return join(tmpdir(), `${PREFIX}${id}`);
}

/** Runs of which nothing is alive any more but their folder. */
export async function deadRuns(): Promise<Run[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const runs = names.map((name) => ({ id: name.slice(PREFIX.length), folder: join(tmpdir(), name) }));
  const dead: Run[] = [];
  for (const run of runs) {
    const pid = Number(await readFile(join(run.folder, PID_FILE), 'utf8').catch(() => 'unknown'));
    if (Number.isInteger(pid) && !existsSync(`/proc/${pid}`)) dead.push(run);
  }
  return dead;
}

/** A new folder of the run that every user may enter. */
export async function newFolder(run: Run, name: string): Promise<string> {
  const folder = await mkdtemp(join(run.folder, `${name}-`));
  await chmod(folder, 0o755);
  return folder;
}

/**
 * A prefix for names that are one space for everybody (containers, volumes): no two workers of a run share it. The same worker uses it
 * again for its next file, so that suites with the same sources are the same suite and are synthesized once.
 */
export function workerName(run: Run): string {
  return `t${run.id}w${process.env.VITEST_POOL_ID ?? '0'}`;
}
