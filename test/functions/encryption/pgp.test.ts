import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sealedFor } from '../../../functions/encryption/open-header.ts';
import { hasTool, PgpKeys, type PgpTestKey } from '../../support/encryption-tools.ts';
import { keyringOf, opened } from './opened.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgp-'));
const home = join(folder, 'encrypts');
mkdirSync(home, { mode: 0o700 });
const keys = new PgpKeys(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMON = [
  '--homedir',
  home,
  '--batch',
  '--quiet',
  '--no-autostart',
  '--rfc4880',
  '--cipher-algo',
  'AES256',
  '--compress-algo',
  'none',
];
const S2K = ['--s2k-mode', '3', '--s2k-count', '65011712', '--s2k-digest-algo', 'SHA512', '--s2k-cipher-algo', 'AES256'];

function encrypt(plain: Buffer, ...to: PgpTestKey[]): Buffer {
  const words = to.flatMap(({ publicKey }, index) => {
    const path = join(folder, `recipient-${index}`);
    writeFileSync(path, publicKey);
    return ['--recipient-file', path];
  });
  return gpg(plain, '--trust-model', 'always', ...words, '--encrypt');
}

function encryptBy(plain: Buffer, passphrase: string, rule = S2K): Buffer {
  const path = join(folder, 'passphrase');
  writeFileSync(path, passphrase, 'latin1');
  return gpg(plain, ...rule, '--passphrase-file', path, '--symmetric');
}

function gpg(input: Buffer, ...words: string[]): Buffer {
  return execFileSync('gpg', [...COMMON, ...words], { input, maxBuffer: 2 ** 27, stdio: ['pipe', 'pipe', 'ignore'] });
}

describe.runIf(hasTool('gpg'))('a message of the real gpg', () => {
  const made = Object.fromEntries(
    (['rsa2048', 'rsa3072', 'cv25519', 'nistp256', 'brainpoolP256r1'] as const).map((algorithm) => [
      algorithm,
      keys.make(`${algorithm} <k@example.org>`, algorithm, algorithm === 'cv25519' ? '' : 'of the key'),
    ]),
  ) as Record<string, PgpTestKey>;
  const all = Object.values(made);
  const plain = randomBytes(300_000);

  it.each(Object.keys(made))('is opened with a key of %s', async (algorithm) => {
    const key = made[algorithm]!;
    const found = await opened('x.zst.gpg', encrypt(plain, key), keyringOf(key.privateKey, 'another\nof the key'));
    expect(found.plain.equals(plain)).toBe(true);
  });

  it.each([0, 1, 20, 8_191, 8_192, 65_536, 1_000_000])('of %i bytes is decrypted', async (size) => {
    const bytes = randomBytes(size);
    const found = await opened('x.zst.gpg', encrypt(bytes, made.cv25519!), keyringOf(made.cv25519!.privateKey));
    expect(found.plain.equals(bytes)).toBe(true);
  });

  it('names for whom it is, and which of several keys opened it', async () => {
    const message = encrypt(plain, ...all);
    const { keyIds } = sealedFor('x.zst.gpg', message)!;
    expect(keyIds).toHaveLength(all.length);
    const ring = keyringOf(`${made.rsa2048!.privateKey}\n${made.nistp256!.privateKey}`, 'of the key');
    expect(keyIds).toContain((await opened('x.zst.gpg', message, ring)).openedBy);
  });

  it('is not opened without the passphrase of its key, and by no other key', async () => {
    const message = encrypt(Buffer.from('x'), made.rsa2048!);
    await expect(opened('x.zst.gpg', message, keyringOf(made.rsa2048!.privateKey, 'wrong'))).rejects.toMatchObject({
      name: 'KeyWrong',
    });
    await expect(opened('x.zst.gpg', message, keyringOf(made.rsa3072!.privateKey, 'of the key'))).rejects.toMatchObject({
      name: 'KeyWrong',
    });
    await expect(opened('x.zst.gpg', message, keyringOf('', 'of the key'))).rejects.toMatchObject({ name: 'KeyMissing' });
  });

  it('gives its last bytes only when nothing was cut or changed', async () => {
    const message = encrypt(plain, made.cv25519!);
    const ring = keyringOf(made.cv25519!.privateKey);
    for (const at of [message.length - 1, message.length - 30, 5_000]) {
      const changed = Buffer.from(message);
      changed[at]! ^= 1;
      await expect(opened('x.zst.gpg', changed, ring)).rejects.toThrow();
    }
    for (const cut of [1, 22, 100_000]) await expect(opened('x.zst.gpg', message.subarray(0, -cut), ring)).rejects.toThrow();
  });

  it('by a passphrase is opened by it, among several, with the bytes it has', async () => {
    const message = encryptBy(plain, 'pässword with spaces \n');
    const found = await opened('x.zst.gpg', message, keyringOf('', 'newest\npässword with spaces \n'));
    expect(found.openedBy).toBe('passphrase 2 of 2');
    expect(found.plain.equals(plain)).toBe(true);
    await expect(opened('x.zst.gpg', message, keyringOf('', 'newest'))).rejects.toMatchObject({ name: 'KeyWrong' });
    await expect(opened('x.zst.gpg', message, keyringOf(made.rsa2048!.privateKey))).rejects.toMatchObject({ name: 'KeyMissing' });
  });

  it.each([
    ['a salt alone', ['--s2k-mode', '1', '--s2k-digest-algo', 'SHA256']],
    ['neither salt nor count', ['--s2k-mode', '0', '--s2k-digest-algo', 'SHA1']],
    ['a small count', ['--s2k-mode', '3', '--s2k-count', '65536', '--s2k-digest-algo', 'SHA1']],
  ])('by a passphrase is opened with %s', async (_, rule) => {
    const found = await opened('x.zst.gpg', encryptBy(Buffer.from('something'), 'secret\n', rule), keyringOf('', 'secret'));
    expect(found.plain.toString()).toBe('something');
  });
});
