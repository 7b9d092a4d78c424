import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SuiteInvalid } from './suite-invalid.ts';

/**
 * What a suite file says: the content of a `.json`, the default export of a `.ts` or `.mjs`. Relative to the current folder.
 * @throws SuiteInvalid when it cannot be read or says nothing.
 */
export async function loadSuiteFile(path: string): Promise<unknown> {
  const file = resolve(path);
  const problem = (message: string) => new SuiteInvalid([{ path: '', value: path, message }]);
  const extension = extname(file);
  if (!['.json', '.ts', '.mjs'].includes(extension)) throw problem('A suite file ends with .ts, .mjs or .json.');
  try {
    if (extension === '.json') return JSON.parse(await readFile(file, 'utf8'));
    const module = await import(pathToFileURL(file).href);
    if (module.default === undefined) throw new Error('it has no default export');
    return module.default;
  } catch (error) {
    throw problem(`The suite file cannot be read: ${error instanceof Error ? error.message : error}.`);
  }
}
