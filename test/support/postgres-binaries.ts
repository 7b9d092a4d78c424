import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The command that installs what is missing, as a person would type it. */
export const INSTALL_POSTGRES = 'apt-get install -y postgresql-15 zstd';
const DEBIAN = '/usr/lib/postgresql';

/** The folder with server and client programs of a major version, Debian's own or one of PATH; undefined when this machine has none. */
export function postgresBinaries(major: string): string | undefined {
  const debian = join(DEBIAN, major, 'bin');
  if (isWhole(debian)) return debian;
  const versionOf = (folder: string) => execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.find((folder) => folder !== '' && isWhole(folder) && versionOf(folder).includes(` ${major}.`));
}

/** The version to test with: SUITE_BACKUP_TEST_POSTGRES, else 15 (Debian 12's), else the newest that Debian's packages have put here. */
export function postgresMajor(): string {
  const asked = process.env.SUITE_BACKUP_TEST_POSTGRES;
  if (asked !== undefined) return asked;
  const installed = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter((major) => isWhole(join(DEBIAN, major, 'bin'))) : [];
  return installed.includes('15') ? '15' : (installed.sort((one, other) => Number(other) - Number(one))[0] ?? '15');
}

function isWhole(folder: string): boolean {
  return ['initdb', 'postgres', 'pg_dump', 'pg_dumpall', 'pg_restore', 'psql'].every((program) =>
    existsSync(join(folder, program)),
  );
}

/** Where a program of this machine is. @throws Error when it is not on PATH */
export function programOnPath(name: string): string {
  const folder = (process.env.PATH ?? '').split(delimiter).find((each) => each !== '' && existsSync(join(each, name)));
  if (folder === undefined) throw new Error(`${name} is not installed on this machine`);
  return join(folder, name);
}
