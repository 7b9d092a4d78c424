import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAgeHeader, unwrapFileKey, wrapFileKey } from '../../../functions/encryption/age-header.ts';
import { identityOf, identityText, parseIdentity, parseRecipient } from '../../../functions/encryption/age-keys.ts';
import { hasTool, makeAgeKey } from '../../support/encryption-tools.ts';
import { keyringOf, opened } from './opened.ts';

const CHUNK = 64 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'age-'));
afterAll(() => rmSync(folder, { recursive: true }));

function encrypt(plain: Buffer, ...recipients: string[]): Buffer {
  const words = recipients.flatMap((recipient) => ['--recipient', recipient]);
  return execFileSync('age', ['--encrypt', ...words], { input: plain, maxBuffer: 2 ** 27 });
}

function decryptWith(identity: string, file: Buffer): Buffer {
  const path = join(folder, 'identity');
  writeFileSync(path, identity, { mode: 0o600 });
  return execFileSync('age', ['--decrypt', '--identity', path], {
    input: file,
    maxBuffer: 2 ** 27,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

describe('the texts of keys', () => {
  // https://github.com/C2SP/C2SP/blob/main/age.md
  const IDENTITY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
  const RECIPIENT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';

  it('are read and written as the specification shows them', () => {
    expect(parseIdentity(IDENTITY)!.recipient).toBe(RECIPIENT);
    expect(identityText(Buffer.alloc(32, 0x42))).toBe(IDENTITY);
  });

  it.each([
    ['a changed letter', RECIPIENT.replace('zvky', 'zvkz')],
    ['a letter less', RECIPIENT.slice(0, -1)],
    ['upper case', RECIPIENT.toUpperCase()],
    ['another kind of key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFoo'],
    ['a private key', IDENTITY],
  ])('are refused with %s', (_, text) => {
    expect(parseRecipient(text)).toBeUndefined();
  });
});

describe.runIf(hasTool('age'))('a file of the real age', () => {
  const [own, other] = [makeAgeKey(), makeAgeKey()];

  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 8 * CHUNK, 8 * CHUNK + 1, 20 * CHUNK])('of %i bytes is decrypted', async (size) => {
    const plain = randomBytes(size);
    const found = await opened('x.zst.age', encrypt(plain, other.recipient, own.recipient), keyringOf(own.identity));
    expect(found.openedBy).toBe(own.recipient);
    expect(found.plain.equals(plain)).toBe(true);
  });

  it('is opened by any of several identities, and says which', async () => {
    const keyring = keyringOf(`${other.identity}\n# older\n${own.identity}`);
    expect((await opened('x.zst.age', encrypt(Buffer.from('x'), own.recipient), keyring)).openedBy).toBe(own.recipient);
  });

  it('is never given beyond what was authenticated when it was cut or changed', async () => {
    const file = encrypt(randomBytes(3 * CHUNK), own.recipient);
    const changed = Buffer.from(file);
    changed[changed.length - 10]! ^= 1;
    const ring = keyringOf(own.identity);
    await expect(opened('x.zst.age', changed, ring)).rejects.toThrow();
    await expect(opened('x.zst.age', file.subarray(0, -1), ring)).rejects.toThrow();
    // At the end of a chunk, so that only the mark of the last one tells.
    const whole = parseAgeHeader(file)!.bytes + 16 + 2 * (CHUNK + 16);
    await expect(opened('x.zst.age', file.subarray(0, whole), ring)).rejects.toThrow();
  });

  it('that is for others is told from one that nothing could open', async () => {
    const file = encrypt(Buffer.from('x'), other.recipient);
    await expect(opened('x.zst.age', file, keyringOf(own.identity))).rejects.toMatchObject({ name: 'KeyWrong' });
    await expect(opened('x.zst.age', file, keyringOf('nothing'))).rejects.toMatchObject({ name: 'KeyMissing' });
    await expect(opened('x.zst.age', file, keyringOf(own.identity.slice(0, -5)))).rejects.toThrow(/no whole age identity/);
    await expect(opened('x.zst.age', Buffer.from('zstd'), keyringOf(own.identity))).rejects.toMatchObject({
      name: 'ArchiveUnreadable',
    });
  });
});

describe.runIf(hasTool('age'))('a header that is put in the place of another', () => {
  it('is read by the real age with the new identity, and with no other', () => {
    const [own, once] = [makeAgeKey(), identityOf(randomBytes(32))];
    const plain = randomBytes(2 * CHUNK + 7);
    const file = encrypt(plain, own.recipient);
    const header = parseAgeHeader(file)!;
    const { fileKey } = unwrapFileKey(header, keyringOf(own.identity).ageIdentities)!;
    const secret = randomBytes(32);
    const rewrapped = Buffer.concat([wrapFileKey(fileKey, identityOf(secret).publicKey), file.subarray(header.bytes)]);
    expect(decryptWith(identityText(secret), rewrapped).equals(plain)).toBe(true);
    expect(() => decryptWith(own.identity, rewrapped)).toThrow(/no identity matched/);
    expect(once.recipient).not.toBe(own.recipient);
  });

  it('is not made of a header that somebody changed', () => {
    const own = makeAgeKey();
    const file = encrypt(Buffer.from('x'), own.recipient);
    const text = file.toString('latin1').replace('--- ', '-> grease\n\n--- ');
    expect(unwrapFileKey(parseAgeHeader(Buffer.from(text, 'latin1'))!, keyringOf(own.identity).ageIdentities)).toBeUndefined();
  });
});
