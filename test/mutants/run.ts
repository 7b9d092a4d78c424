import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { command } from '../support/command.ts';
import { type Mutant, readMutants } from './mutant.ts';
import { runTests } from './vitest-report.ts';

// Breaks a copy of the project with one committed patch at a time and demands that the test named in the patch turns red. A test that no
// break turns red guards nothing.
// usage: npm run test:mutants [-- NAME...]   with names: only the mutants whose file's name contains one of them

const PROJECT = resolve(import.meta.dirname, '../..');
/** Two cores; a scenario starts servers of its own. */
const AT_ONCE = 2;

const names = process.argv.slice(2);
const all = await readMutants(import.meta.dirname);
const mutants = names.length === 0 ? all : all.filter(({ name }) => names.some((part) => name.includes(part)));
const folder = await mkdtemp(join(tmpdir(), 'suite-backup-mutants-'));
const running = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void abandon());

let failures = 1;
try {
  const began = performance.now();
  const pristine = await copyProject(join(folder, 'pristine'));
  failures = await withoutPatches(pristine);
  const verdicts = await inParallel(mutants, (mutant) => judge(mutant, pristine));
  const survivors = verdicts.filter((found) => !found).length;
  failures += survivors;
  console.log(`${verdicts.length - survivors} of ${verdicts.length} mutants found, ${secondsSince(began)} s`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

/** How many of the named tests are red already: they would prove nothing. */
async function withoutPatches(pristine: string): Promise<number> {
  const began = performance.now();
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))].sort();
  const tested = await runTests(pristine, files, { bail: false, running });
  const red = tested.filter(({ green }) => !green);
  console.log(`${files.length - red.length} of ${files.length} test files are green without a patch, ${secondsSince(began)} s`);
  for (const { file, failed } of red) console.log(`  not green: ${file} ${failed.join('; ')}`);
  return red.length;
}

/** Whether a test turned red. */
async function judge(mutant: Mutant, pristine: string): Promise<boolean> {
  const began = performance.now();
  const copy = join(folder, mutant.name);
  await cp(pristine, copy, { recursive: true, verbatimSymlinks: true });
  const applies = await apply(mutant, copy);
  const tested = applies ? await runTests(copy, mutant.tests, { bail: true, running }) : [];
  await rm(copy, { recursive: true, force: true });
  const red = tested.find(({ failed }) => failed.length > 0);
  const verdict = !applies ? 'DOES NOT APPLY' : red ? 'red' : 'SURVIVED';
  console.log(`${verdict.padEnd(14)} ${String(secondsSince(began)).padStart(3)} s  ${mutant.name}: ${mutant.breaks}`);
  console.log(`                      ${red ? `${red.file}: ${red.failed[0]}` : mutant.tests.join(' ')}`);
  return red !== undefined;
}

/** What git would commit, with the installed packages. */
async function copyProject(to: string): Promise<string> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const listed = await command(['git', '-C', PROJECT, ...list]);
  for (const path of listed.split('\0').filter((name) => name !== '')) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(PROJECT, path), join(to, path), { verbatimSymlinks: true }).catch((error: NodeJS.ErrnoException) => {
      // Deleted, but still in the index.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(PROJECT, 'node_modules'), join(to, 'node_modules'));
  return to;
}

async function apply({ file }: Mutant, copy: string): Promise<boolean> {
  const patch = await readFile(file);
  return new Promise((done, reject) => {
    const git = spawn('git', ['apply', '-'], { cwd: copy, stdio: ['pipe', 'ignore', 'inherit'] });
    git.once('error', reject);
    git.once('close', (code) => done(code === 0));
    git.stdin.end(patch);
  });
}

async function inParallel<Item, Answer>(items: readonly Item[], work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 1000);
}

async function abandon(): Promise<void> {
  for (const pid of running) process.kill(-pid, 'SIGTERM');
  await rm(folder, { recursive: true, force: true });
  process.exit(130);
}
