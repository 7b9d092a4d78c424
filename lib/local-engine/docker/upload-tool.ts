import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findProgram, systemPath } from './environment.ts';
import { writeWrapper } from './wrapper.ts';

/** The `aws` that commands of this machine get: a folder to put first on PATH (none for the installed CLI), and which one it is. */
export interface UploadTool {
  path: string[];
  version: string;
}

/**
 * Chooses the `aws` of the host's commands: the installed CLI when it is version 2, 2.33.0 or later (`s3 cp --no-overwrite`, `AWS_ENDPOINT_URL`),
 * otherwise a stand-in for that one call, written to `directory`/bin. Older CLIs overwrite in silence or talk to the real AWS.
 */
export function uploadTool(directory: string): UploadTool {
  const path = systemPath(process.env.PATH, directory);
  const installed = findProgram('aws', path, '/') === null ? installedVersion(path, directory) : null;
  if (installed !== null) return { path: [], version: installed };
  const program = resolve(import.meta.dirname, '../aws-cli/aws.ts');
  return {
    path: [writeWrapper(directory, 'aws', [program])],
    version: 'stand-in',
  };
}

function installedVersion(path: string, directory: string): string | null {
  const program = path.split(':').find((folder) => findProgram(join(folder, 'aws'), '', '/') === null);
  if (program === undefined) return null;
  // Version 1 takes a second to say what it is, so a refusal is remembered with the file it was about. An approval is not: behind the same
  // file (a version manager's) an older one may stand tomorrow.
  const { ino, size, ctimeMs } = statSync(join(program, 'aws'));
  const refusal = join(directory, 'aws-refused');
  const about = `${program} ${ino} ${size} ${ctimeMs}`;
  if (existsSync(refusal) && readFileSync(refusal, 'utf8') === about) return null;
  const answer = spawnSync('aws', ['--version'], {
    env: { PATH: path, AWS_CONFIG_FILE: '/dev/null' },
    encoding: 'utf8',
    timeout: 10_000,
  });
  const version = /^aws-cli\/(2\.(\d+)\.\d+) /.exec(answer.stdout ?? '');
  if (version && Number(version[2]) >= 33) return version[1]!;
  if (answer.error) return null; // too slow to answer, this time
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(refusal, about);
  return null;
}
