import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** A patch that breaks one promise. Its first two lines say which and who must notice: `# WHAT IT BREAKS` and `# red: TEST-FILE...`. */
export interface Mutant {
  name: string;
  file: string;
  breaks: string;
  /** From the project's root; any of them may turn red. */
  tests: string[];
}

/** All mutants of a folder. @throws Error when a patch lacks its two lines or names a test that is not there */
export async function readMutants(folder: string): Promise<Mutant[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.patch')).sort();
  return Promise.all(names.map((name) => readMutant(join(folder, name))));
}

async function readMutant(file: string): Promise<Mutant> {
  const [first = '', second = ''] = (await readFile(file, 'utf8')).split('\n');
  const breaks = /^# (.+)$/.exec(first)?.[1];
  const tests = /^# red: (.+)$/.exec(second)?.[1]?.split(' ');
  if (breaks === undefined || tests === undefined)
    throw new Error(`${file} does not begin with "# WHAT IT BREAKS" and "# red: TEST-FILE".`);
  const missing = tests.find((test) => !existsSync(join(resolve(import.meta.dirname, '../..'), test)));
  if (missing !== undefined) throw new Error(`${file} names ${missing}, which is not there.`);
  return { name: basename(file, '.patch'), file, breaks, tests };
}
