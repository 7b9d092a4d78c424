import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { ENCRYPTION_TOOLS, type EncryptionTool, hasTool } from './encryption-tools.ts';
import { INSTALL_POSTGRES, postgresBinaries, postgresMajor, programOnPath } from './postgres-binaries.ts';
import { killMarked } from './processes.ts';
import { createRun, deadRuns, RUN_LABEL, type Run } from './run-folder.ts';

/**
 * vitest's globalSetup: says within seconds what this machine lacks, and after the last test removes what a killed worker left behind;
 * what a run left that was killed itself, the next one removes.
 */
export default async function preflight(): Promise<(() => Promise<void>) | undefined> {
  // Each project of the configuration asks; the first one prepares.
  if (process.env.SUITE_BACKUP_TEST_RUN !== undefined) return undefined;
  const problem = await whatIsMissing();
  if (problem !== undefined) {
    console.error(`\n${problem}\n`);
    process.exit(2);
  }
  const left = toolsLeftOut();
  if (left !== undefined) console.error(`\n${left}\n`);
  for (const dead of await deadRuns()) await cleanUp(dead);
  const run = await createRun();
  return () => cleanUp(run);
}

/** Without these most tests run all the same; in CI none may be left out (whatIsMissing). */
function toolsLeftOut(): string | undefined {
  const missing = missingEncryptionTools();
  if (missing.length === 0) return undefined;
  const packages = missing.map((tool) => ENCRYPTION_TOOLS[tool]);
  return `Tests of encryption with ${missing.join(' and ')} are LEFT OUT: apt-get install -y ${packages.join(' ')}`;
}

function missingEncryptionTools(): EncryptionTool[] {
  return (Object.keys(ENCRYPTION_TOOLS) as EncryptionTool[]).filter((tool) => !hasTool(tool));
}

async function whatIsMissing(): Promise<string | undefined> {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    return `The tests need Node 24 and were started with ${process.version}: npm ci, then npm test (the project brings its Node).`;
  }
  const encryption = process.env.CI === undefined ? [] : missingEncryptionTools();
  if (encryption.length > 0) return `In CI the tests need ${encryption.join(' and ')}.`;
  if (process.env.SUITE_BACKUP_TEST_HOST === 'docker') {
    const answers = await succeeds(() => command(['docker', 'version']));
    return answers ? undefined : 'No Docker engine answers: npm run test:engine starts one, after apt-get install -y docker.io';
  }
  const major = postgresMajor();
  if (postgresBinaries(major) === undefined)
    return `The tests need PostgreSQL ${major} and find none: ${INSTALL_POSTGRES.replace('15', major)}`;
  const missing = [];
  for (const tool of ['zstd', 'tar', 'openssl', 'curl', 'setpriv'])
    if (!(await succeeds(() => programOnPath(tool)))) missing.push(tool);
  if (missing.length === 0) return undefined;
  const packages = missing.map((tool) => (tool === 'setpriv' ? 'util-linux' : tool));
  return `The tests need ${missing.join(', ')}: apt-get install -y ${packages.join(' ')}`;
}

async function succeeds(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}

async function cleanUp(run: Run): Promise<void> {
  await killMarked([run.folder]);
  for (const name of await readdir(join(run.folder, 'clusters')).catch(() => [])) {
    const lock = await readFile(join(run.folder, 'clusters', name, 'data', 'postmaster.pid'), 'utf8').catch(() => undefined);
    if (lock === undefined) continue;
    const pid = Number.parseInt(lock, 10);
    // The number of a server that died may be another program's by now.
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (words.includes('postgres')) await succeeds(() => process.kill(pid, 'SIGQUIT'));
  }
  if (process.env.SUITE_BACKUP_TEST_HOST === 'docker') await removeLabelled(`label=${RUN_LABEL}=${run.id}`);
  await unmountBelow(run.folder);
  await command(['rm', '-rf', '--one-file-system', run.folder]);
}

async function removeLabelled(filter: string): Promise<void> {
  const lines = async (words: string[]) => (await command(['docker', ...words])).split('\n').filter((line) => line !== '');
  for (const id of await lines(['ps', '--all', '--quiet', '--filter', filter]))
    await command(['docker', 'rm', '--force', '--volumes', id]);
  for (const name of await lines(['volume', 'ls', '--quiet', '--filter', filter]))
    await command(['docker', 'volume', 'rm', '--force', name]);
  for (const id of await lines(['network', 'ls', '--quiet', '--filter', filter])) await command(['docker', 'network', 'rm', id]);
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts) if (mount.startsWith(`${folder}/`)) await command(['umount', '--lazy', mount]);
}
