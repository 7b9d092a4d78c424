import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillHoles } from '../../../functions/files/fill-holes.ts';

const TIME = 1_700_000_000;
const FILES = {
  /** What stands where, and the size. */
  'only a hole': [[], 3_000_000],
  'ends with a hole': [[[0, 'begin']], 1_000_001],
  'begins with a hole': [[[999_990, 'end of it!']], 1_000_000],
  // A header holds four parts, a block behind it 21.
  'more parts than a header holds': [Array.from({ length: 60 }, (_, n) => [n * 40_000, `part ${n}`]), 2_500_000],
  [`n${'ä'.repeat(100)}`]: [[[70_000, 'a long name']], 200_000],
  'no hole': [[[0, 'plain']], 5],
  empty: [[], 0],
} satisfies Record<string, [parts: [number, string][] | (string | number)[][], size: number]>;

let folder: string;
let archive: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fill-holes-'));
  for (const [name, [parts, size]] of Object.entries(FILES)) {
    const file = openSync(join(folder, name), 'w');
    for (const [at, text] of parts) writeSync(file, String(text), Number(at));
    truncateSync(join(folder, name), size);
  }
  linkSync(join(folder, 'only a hole'), join(folder, 'the same hole'));
  archive = tarOf('--sparse', '.');
});
afterAll(() => rmSync(folder, { recursive: true }));

const tarOf = (...words: string[]) =>
  execFileSync('tar', ['--create', '--format=gnu', `--mtime=@${TIME}`, '--sort=name', `--directory=${folder}`, ...words], {
    maxBuffer: 100_000_000,
  });

interface Member {
  type: string;
  size: number;
  mtime: number;
  sha256: string;
}

async function membersOf(tar: AsyncIterable<unknown>): Promise<Record<string, Member>> {
  const plain = Readable.from(fillHoles(tar));
  const unpack = plain.pipe(extract());
  plain.on('error', (error) => unpack.destroy(error));
  const members: Record<string, Member> = {};
  for await (const { header, ...entry } of withContent(unpack)) {
    const { type, size, mtime } = header;
    members[header.name] = { type: String(type), size: size ?? 0, mtime: Number(mtime) / 1000, ...entry };
  }
  return members;
}

async function* withContent(unpack: ReturnType<typeof extract>) {
  for await (const entry of unpack) {
    const hash = createHash('sha256');
    for await (const chunk of entry) hash.update(chunk as Buffer);
    yield { header: entry.header, sha256: hash.digest('hex') };
  }
}

const inPieces = (bytes: Buffer, size: number) =>
  Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size)));

describe('an archive with sparse files', () => {
  it('is small', () => {
    expect(archive.length).toBeLessThan(500_000);
  });

  it.each([100, 512, 65_536, 10_000_000])(
    'read in pieces of %d bytes is the archive of the same files without holes',
    async (size) => {
      const members = await membersOf(inPieces(archive, size));
      expect(members).toEqual(await membersOf(inPieces(tarOf('.'), 65_536)));
      expect(members['./only a hole']).toEqual({
        type: 'file',
        size: 3_000_000,
        mtime: TIME,
        sha256: createHash('sha256').update(Buffer.alloc(3_000_000)).digest('hex'),
      });
    },
  );

  it('passes byte by byte when no file has a hole', async () => {
    const plain = tarOf('.');
    expect(Buffer.concat(await Readable.from(fillHoles(inPieces(plain, 1000))).toArray()).equals(plain)).toBe(true);
  });

  it.each([600, 100_000, 200_000])('that is cut after %d bytes fails', async (bytes) => {
    await expect(membersOf(inPieces(archive.subarray(0, bytes), 4096))).rejects.toThrow();
  });
});

it('a hole of nine gigabytes passes with its size, and costs no memory', async () => {
  writeFileSync(join(folder, 'huge'), '');
  truncateSync(join(folder, 'huge'), 9 * 1024 ** 3);
  const tar = tarOf('--sparse', 'huge');
  let bytes = 0;
  for await (const chunk of fillHoles(inPieces(tar, 65_536))) bytes += chunk.length;
  expect(bytes).toBe(512 + 9 * 1024 ** 3 + tar.length - 512);
});
