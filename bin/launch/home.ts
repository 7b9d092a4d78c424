import { randomInt } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ACCOUNT_FILE } from '../../lib/local-engine/assembly/place.ts';
import { LaunchError } from './launch-error.ts';

/** The engine's folder: `.suite-backup` where the caller stands, unless named. */
export function homeOf(home: string | undefined, cwd: string): string {
  return resolve(cwd, home ?? '.suite-backup');
}

/**
 * Makes the folder, for its owner only: copies of data lie in it. One level after the other, because Node's own `recursive` never ends
 * where the system refuses a folder with ENOENT, as below /proc.
 * @throws LaunchError UsageInvalid
 */
export function makeHome(home: string): void {
  if (existsSync(home)) return;
  makeHome(dirname(home));
  try {
    mkdirSync(home, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    throw new LaunchError('UsageInvalid', `The home ${home} cannot be made: ${message}. Name another with --home.`);
  }
}

/** Gives a new home an account of its own: what two engines start on one machine is told apart by it. An older home keeps its names. */
export function makeAccount(home: string): void {
  if (existsSync(join(home, 's3'))) return;
  const account = String(randomInt(10 ** 11, 10 ** 12));
  const draft = join(home, `${ACCOUNT_FILE}.${process.pid}`);
  writeFileSync(draft, `${account}\n`);
  try {
    // Whole or not at all: another process may be reading it, or making its own.
    linkSync(draft, join(home, ACCOUNT_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
