import { randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As in a folder of source text and uploads that was measured: 39,000 files in 1.07 GB. */
const AVERAGE_BYTES = 27_000;
const LARGEST_BYTES = 40 * AVERAGE_BYTES;
const FILES_PER_FOLDER = 250;
/** Eight times the window of zstd -3, so that two slices of it rarely meet in one window. */
const TEXT_BYTES = 16 * 1024 ** 2;
const WORDS = 6000;

/** Fills a folder with about so many bytes in files of all sizes: half of them text, half random. */
export function fillFolder(folder: string, bytes: number): void {
  const text = someText();
  const random = Buffer.alloc(LARGEST_BYTES);
  let left = bytes;
  for (let file = 0; left > 0; file++) {
    const parent = join(folder, `folder-${Math.floor(file / FILES_PER_FOLDER)}`);
    if (file % FILES_PER_FOLDER === 0) mkdirSync(parent);
    const size = Math.min(left, LARGEST_BYTES, Math.ceil(-Math.log(1 - Math.random()) * AVERAGE_BYTES));
    const start = Math.floor(Math.random() * (TEXT_BYTES - size));
    const content = file % 2 === 0 ? text.subarray(start, start + size) : randomFillSync(random).subarray(0, size);
    writeFileSync(join(parent, `file-${file}.${file % 2 === 0 ? 'txt' : 'bin'}`), content);
    left -= size;
  }
}

/** Words with the frequencies of a language, in lines with numbers: zstd makes about a third of it. */
function someText(): Buffer {
  const letters = () => String.fromCharCode(97 + Math.floor(Math.random() * 26));
  const words = Array.from({ length: WORDS }, () => Array.from({ length: 2 + Math.floor(Math.random() * 9) }, letters).join(''));
  const lines: string[] = [];
  for (let length = 0; length < TEXT_BYTES; length += lines.at(-1)!.length + 1) {
    const word = () => words[Math.floor(WORDS ** Math.random()) - 1]!;
    lines.push(`${Array.from({ length: 10 }, word).join(' ')} ${Math.floor(Math.random() * 1e6)}`);
  }
  return Buffer.from(lines.join('\n'));
}
