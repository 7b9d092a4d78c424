import { resolve } from 'node:path';

/** The engine's folder: `.suite-backup` where the caller stands, unless named. */
export function homeOf(home: string | undefined, cwd: string): string {
  return resolve(cwd, home ?? '.suite-backup');
}
