import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encoded, HostMachine } from '../host-machine.ts';

const machine = new HostMachine({});
const directory = join(machine.folder, 'config');
/** More names than one command line of the system holds (2 MiB). */
const MANY = 12_000;
const LONG = 'x'.repeat(180);

beforeAll(() => {
  for (const folder of ['app/deep', 'many']) mkdirSync(join(directory, folder), { recursive: true });
  for (const file of ['.env', 'app/a.yml', 'app/deep/b.yml']) writeFileSync(join(directory, file), file);
  for (let n = 0; n < MANY; n++) writeFileSync(join(directory, 'many', `${LONG}${n}.key`), '');
});
afterAll(() => machine.remove());

/** The entries of the archive that the patterns lead to, in its order. */
function entries(...include: string[]): string[] {
  const { said, status } = machine.run('functions/backup/capture-files.sh', {
    directory: encoded(directory),
    include: encoded(include.map((pattern) => `${pattern}\0`).join('')),
    exclude: '',
    optional: 'false',
    bucket: 'vault',
    prefix: 'shop/artifacts/id/',
    source: 'files-config',
    attempt: 'a1',
    expectedBytes: '0',
    chunkBytes: '1048576',
  });
  expect([status, said.error]).toEqual([0, undefined]);
  const plain = zstdDecompressSync(machine.object('files-config.a1.tar.zst'));
  return execFileSync('tar', ['--list'], { input: plain, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .trim()
    .split('\n');
}

describe('files that patterns name', () => {
  it('are archived once each, however many patterns name them', () => {
    expect(entries('app/**', 'app', '.env', 'app/*.yml', '.env').sort()).toEqual([
      './.env',
      './app/',
      './app/a.yml',
      './app/deep/',
      './app/deep/b.yml',
    ]);
  });

  it('may be the directory itself', () => {
    const found = entries('**');
    expect(new Set(found).size).toBe(found.length);
    expect(found).toContain('./app/deep/b.yml');
  });

  it('may be more than one command line holds', () => {
    expect(entries('many/*.key').length).toBe(MANY);
  });
});
