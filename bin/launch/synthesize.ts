import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { readAssembly } from '../../lib/local-engine/assembly/read-assembly.ts';
import { DirectoryLock } from '../../lib/local-engine/joining/directory-lock.ts';
import { LaunchError } from './launch-error.ts';
import { codeDigest, hasSources, PROJECT, suiteDigest } from './sources.ts';

/** What an assembly was made of; lies in its folder, so that it comes and goes with it. */
interface Stamp {
  code: string;
  suite: string;
}

const STAMP = 'suite-backup.json';
const problemsSchema = z.object({
  problems: z.array(z.object({ path: z.string(), value: z.unknown().optional(), message: z.string() })),
});

export interface Synthesis {
  /** Folder of the engine; the assembly becomes its `cdk.out`. */
  home: string;
  /** Absolute path of the suite file. */
  suite: string;
  region: string;
  signal: AbortSignal;
  say: (line: string) => void;
}

/**
 * Makes `<home>/cdk.out` from the suite file when it or the code changed since. Of several processes that find that at once, one does
 * the work. An assembly that somebody edited stays as it is.
 * @throws LaunchError SuiteInvalid, AssemblyDiffers
 */
export async function synthesize(synthesis: Synthesis): Promise<void> {
  if (isCurrent(synthesis)) return;
  const lock = await acquire(join(synthesis.home, 'synthesis'), synthesis.signal);
  try {
    if (isCurrent(synthesis)) return;
    synthesis.say(`synthesizing ${synthesis.suite}`);
    const draft = join(synthesis.home, 'synthesis', 'cdk.out');
    rmSync(draft, { recursive: true, force: true });
    const stamp: Stamp = { code: codeDigest(), suite: suiteDigest(synthesis.suite) };
    await runApp(synthesis, draft);
    writeFileSync(join(draft, STAMP), `${JSON.stringify(stamp)}\n`);
    await replace(synthesis, draft);
  } finally {
    lock.release();
  }
}

function isCurrent({ home, suite }: Synthesis): boolean {
  const stamp = readStamp(join(home, 'cdk.out'));
  if (!hasSources()) {
    if (stamp?.suite === suiteDigest(suite)) return true;
    throw new LaunchError(
      'UsageInvalid',
      `The folder functions/ is missing, and ${home} holds no assembly of ${suite} from an earlier run.`,
    );
  }
  return stamp !== null && stamp.suite === suiteDigest(suite) && stamp.code === codeDigest();
}

function readStamp(assembly: string): Stamp | null {
  try {
    return z.object({ code: z.string(), suite: z.string() }).parse(JSON.parse(readFileSync(join(assembly, STAMP), 'utf8')));
  } catch {
    return null;
  }
}

async function acquire(directory: string, signal: AbortSignal): Promise<DirectoryLock> {
  for (;;) {
    const lock = DirectoryLock.acquire(directory);
    if (lock instanceof DirectoryLock) return lock;
    await pause(100, undefined, { signal });
  }
}

/** Runs the CDK app. It ends with 2 when the suite file is wrong, and then has written every problem as JSON. */
async function runApp({ home, suite, region, signal, say }: Synthesis, draft: string): Promise<void> {
  const problems = join(home, 'synthesis', 'problems.json');
  rmSync(problems, { force: true });
  mkdirSync(draft, { recursive: true });
  const { code, stderr } = await runNode(['bin/app.ts'], signal, {
    SUITE_BACKUP_SUITE: suite,
    SUITE_BACKUP_LOCAL: '1',
    SUITE_BACKUP_PROBLEMS: problems,
    SUITE_BACKUP_BUNDLES: process.env.SUITE_BACKUP_BUNDLES ?? join(home, 'synthesis', 'bundles'),
    CDK_DEFAULT_REGION: region,
    CDK_OUTDIR: draft,
  });
  signal.throwIfAborted();
  for (const warning of stderr.split('\n').filter((line) => line.startsWith('warning: '))) say(warning);
  if (code === 0) return;
  if (code === 2 && existsSync(problems)) {
    const { problems: found } = problemsSchema.parse(JSON.parse(readFileSync(problems, 'utf8')));
    throw new LaunchError(
      'SuiteInvalid',
      `${suite} has ${found.length === 1 ? 'one problem' : `${found.length} problems`}.`,
      found,
    );
  }
  throw new LaunchError('Unexpected', `The stack could not be synthesized (exit ${code}):\n${stderr.slice(-4000)}`);
}

function runNode(
  args: string[],
  signal: AbortSignal,
  variables: Record<string, string>,
): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: PROJECT,
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Killed, not asked: it holds nothing, and its half of an assembly is never used.
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      resolve({ code, stderr });
    });
  });
}

/**
 * Puts a new assembly in the place of the old one, but never under an engine that is carrying the old one out: it would read the
 * handlers of one and the machines of the other. Code that changed without a trace in the assembly only gets its new stamp.
 */
async function replace({ home, region }: Synthesis, draft: string): Promise<void> {
  const assembly = join(home, 'cdk.out');
  const engine = DirectoryLock.acquire(join(home, 'engine'));
  if (!(engine instanceof DirectoryLock)) {
    if (readAssembly(draft, region).digest === readAssembly(assembly, region).digest) {
      renameSync(join(draft, STAMP), join(assembly, STAMP));
      return;
    }
    throw new LaunchError(
      'AssemblyDiffers',
      `Process ${engine.heldBy} uses ${home} with an earlier version of the suite or the code; wait until it has ended.`,
    );
  }
  try {
    const old = join(home, 'synthesis', 'old');
    rmSync(old, { recursive: true, force: true });
    if (existsSync(assembly)) renameSync(assembly, old);
    renameSync(draft, assembly);
    rmSync(old, { recursive: true, force: true });
  } finally {
    engine.release();
  }
}
