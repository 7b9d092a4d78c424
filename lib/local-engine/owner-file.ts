import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes a JSON file that only its owner may read, in a folder that only its owner may enter; whole or not at all. */
export function writeOwnerFile(file: string, document: unknown): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${randomUUID()}`);
  writeFileSync(draft, `${JSON.stringify(document, null, 1)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The document of such a file, or undefined where there is none. */
export function readOwnerFile<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}
