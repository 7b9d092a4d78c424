import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { AWS, encoded, HostMachine } from '../host-machine.ts';

const CHUNK = 64 * 1024;
/** Knows one volume, whose folder is the test's. */
const DOCKER = `#!/bin/bash
[[ $1 == volume && $2 == inspect && $4 == *json*Labels* ]] && { echo '{"com.docker.compose.volume":"uploads"}'; exit; }
[[ $1 == volume && $2 == inspect && $5 == uploads ]] && { echo "$TMPDIR/../volume"; exit; }
[[ $2 == ls ]] || { echo 'no such volume' >&2; exit 1; }
`;

const machine = new HostMachine({ docker: DOCKER });
const volume = join(machine.folder, 'volume');
afterAll(() => machine.remove());
beforeEach(() => {
  machine.tool('tar', null);
  machine.tool('aws', AWS);
  rmSync(volume, { recursive: true, force: true });
  mkdirSync(volume);
});

function capture(name = 'uploads', planned: { chunkBytes?: string } = {}) {
  return machine.run('functions/backup/capture-volume.sh', {
    volume: encoded(name),
    exclude: '',
    bucket: 'vault',
    prefix: 'shop/artifacts/id/',
    source: 'volume-uploads',
    attempt: 'a1',
    expectedBytes: '0',
    chunkBytes: String(CHUNK),
    ...planned,
  });
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a volume', () => {
  it('is stored as one archive that unpacks to what it held, with the hashes of the stored bytes', () => {
    const content = randomBytes(3 * CHUNK + 100);
    writeFileSync(join(volume, 'a.bin'), content);
    const { status, said } = capture();
    expect(status).toBe(0);
    expect(said).toMatchObject({ resolved: 'uploads', labels: { 'com.docker.compose.volume': 'uploads' } });
    expect(said.artifacts!.map(({ role, key }) => [role, key])).toEqual([
      ['archive', 'shop/artifacts/id/volume-uploads.a1.tar.zst'],
      ['inventory', 'shop/artifacts/id/volume-uploads.a1.inventory.tar.zst'],
    ]);
    const [archive] = said.artifacts!;
    const stored = machine.object('volume-uploads.a1.tar.zst');
    const chunks = Array.from({ length: Math.ceil(stored.length / CHUNK) }, (_, at) =>
      sha256(stored.subarray(at * CHUNK, (at + 1) * CHUNK)),
    );
    expect(archive).toMatchObject({ bytes: stored.length, rawBytes: content.length, sha256: sha256(stored), chunks });
    const plain = zstdDecompressSync(stored);
    expect(execFileSync('tar', ['--extract', '--to-stdout', './a.bin'], { input: plain, maxBuffer: 2 ** 24 })).toEqual(content);
    expect(machine.leftovers).toEqual([]);
  });

  it('that has grown far beyond its last size gets parts and chunks of its own size: neither may be too many', () => {
    const content = randomBytes(2_000_000);
    writeFileSync(join(volume, 'a.bin'), content);
    machine.tool(
      'aws',
      `#!/bin/bash\nwhile [[ $1 != --expected-size ]]; do shift; done\necho "$2" >>"$STORED/expected"\ncat >/dev/null\n`,
    );
    const { status, said } = capture('uploads', { chunkBytes: '1000' });
    expect(status).toBe(0);
    const { bytes, chunks, chunkBytes } = said.artifacts![0]!;
    expect(Number(machine.object('expected').toString().split('\n')[0])).toBeGreaterThan(1.2 * content.length);
    expect(bytes).toBeGreaterThanOrEqual(content.length);
    expect(chunks.length).toBe(Math.ceil(bytes / chunkBytes));
    expect(JSON.stringify(said).length).toBeLessThan(24_000);
  });

  it('that holds no file is refused, whatever folders it has', () => {
    mkdirSync(join(volume, 'empty'));
    const { status, said } = capture();
    expect(status).toBeGreaterThan(0);
    expect(said.error).toMatchObject({ name: 'SourceEmpty', message: expect.stringContaining('"uploads"') });
    expect(machine.stored).toEqual([]);
  });

  it('that does not exist is not made by looking at it', () => {
    expect(capture('elsewhere').said.error).toMatchObject({
      name: 'VolumeNotFound',
      message: expect.stringContaining('"elsewhere"'),
    });
  });

  it('that holds a running server is refused', () => {
    for (const name of ['postmaster.pid', 'PG_VERSION']) writeFileSync(join(volume, name), '15');
    expect(capture().said.error?.name).toBe('VolumeIsDataDirectory');
  });
});

describe('an archiver', () => {
  it.each([
    ['that dies half way', 'head -c 50000 "$TMPDIR/../volume/a.bin"; kill -KILL $$'],
    ['that fails after its last byte', 'cat "$TMPDIR/../volume/a.bin"; exit 2'],
  ])('%s leaves no object and a failure by name', (_, script) => {
    writeFileSync(join(volume, 'a.bin'), randomBytes(2 * CHUNK));
    machine.tool('tar', `#!/bin/bash\n${script}\n`);
    const { status, said } = capture();
    expect(status).toBeGreaterThan(0);
    expect(said.error).toMatchObject({ name: 'ArchiveFailed', message: expect.stringContaining('"uploads"') });
    expect(machine.stored).toEqual([]);
    expect(machine.leftovers).toEqual([]);
  });
});
