import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

export interface TestedFile {
  /** From the project's root. */
  file: string;
  /** Every test passed, and there was one. */
  green: boolean;
  /** Names of the tests that failed; none of a file that could not be loaded. */
  failed: string[];
}

export interface RunOptions {
  /** One failed test is enough. */
  bail: boolean;
  /** Process groups that somebody may have to end. */
  running: Set<number>;
}

/** Runs test files of a project. @throws Error when vitest leaves no report */
export async function runTests(project: string, files: readonly string[], { bail, running }: RunOptions): Promise<TestedFile[]> {
  const output = join(project, 'vitest-report.json');
  await rm(output, { force: true });
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const options = ['--reporter=json', `--outputFile=${output}`, ...(bail ? ['--bail=1'] : [])];
  const said = await run([vitest, 'run', ...options, ...files], project, running);
  const text = await readFile(output, 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(`vitest left no report:\n${said}`);
  const { testResults } = report.parse(JSON.parse(text));
  return files.map((file) => {
    const found = testResults.find(({ name }) => relative(project, name) === file);
    const tests = found?.assertionResults ?? [];
    const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    return { file, green: found?.status === 'passed' && tests.some(({ status }) => status === 'passed'), failed };
  });
}

function run(words: readonly string[], cwd: string, running: Set<number>): Promise<string> {
  // A run of tests of its own: it must not share the folders of one that started us.
  const { SUITE_BACKUP_TEST_RUN: _, SUITE_BACKUP_TEST_REPORTS: __, ...env } = process.env;
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, words, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child.pid!);
    let said = '';
    const hear = (text: string) => {
      said += text;
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('close', () => {
      running.delete(child.pid!);
      done(said.slice(-4000));
    });
  });
}
