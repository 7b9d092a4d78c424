import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The project's folder. */
export const PROJECT = resolve(import.meta.dirname, '../..');

const CODE = ['bin', 'lib', 'functions', 'package-lock.json', 'cdk.json'];

/** False on a machine that carries out artifacts only: what was synthesized and bundled before is then used as it is. */
export function hasSources(): boolean {
  return existsSync(join(PROJECT, 'functions'));
}

/** A short text that changes when a file of the code is changed, added or removed (by time and size: contents would cost seconds). */
export function codeDigest(): string {
  const hash = createHash('sha256').update(`${PROJECT}\n${process.version}\n`);
  for (const entry of CODE) {
    const path = join(PROJECT, entry);
    if (!existsSync(path)) continue;
    for (const file of filesBelow(path)) {
      const { mtimeMs, size } = statSync(file);
      hash.update(`${file} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex');
}

/** A text that changes with the content of the suite file; a file that cannot be read has one too, and synthesis says why. */
export function suiteDigest(file: string): string {
  const content = existsSync(file) && statSync(file).isFile() ? readFileSync(file) : 'missing';
  return createHash('sha256').update(content).digest('hex');
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
