import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { keyringOf, opened } from './opened.ts';

const folder = mkdtempSync(join(tmpdir(), 'openssl-'));
afterAll(() => rmSync(folder, { recursive: true }));

function encrypt(plain: Buffer, passphrase: string): Buffer {
  const path = join(folder, 'passphrase');
  writeFileSync(path, `${passphrase}\n`);
  return execFileSync('openssl', ['enc', '-aes-256-cbc', '-pbkdf2', '-pass', `file:${path}`], {
    input: plain,
    maxBuffer: 2 ** 27,
  });
}

describe('a file of the real openssl', () => {
  it.each([
    ['x.dump.zst.enc', zstdCompressSync(randomBytes(300_000))],
    ['x.plain.sql.gz.enc', gzipSync('select 1;')],
    ['x.fingerprint.json.enc', Buffer.from('{"schema":"suite-backup.fingerprint.v1"}')],
  ])('%s is decrypted by the passphrase it was made with', async (key, plain) => {
    const found = await opened(key, encrypt(plain, 'of then'), keyringOf('', 'of today\nof then'));
    expect(found.openedBy).toBe('passphrase 2 of 2');
    expect(found.plain.equals(plain)).toBe(true);
  });

  it('by another passphrase is told by its first bytes, though nothing is authenticated', async () => {
    const file = encrypt(zstdCompressSync('x'), 'of then');
    await expect(opened('x.zst.enc', file, keyringOf('', 'of today'))).rejects.toMatchObject({ name: 'KeyWrong' });
    await expect(opened('x.zst.enc', file, keyringOf('', ''))).rejects.toMatchObject({ name: 'KeyMissing' });
    await expect(opened('x.zst.enc', file.subarray(0, -1), keyringOf('', 'of then'))).rejects.toThrow();
  });
});
