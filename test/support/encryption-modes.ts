import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EncryptionTool, hasTool, makeAgeKey, PgpKeys } from './encryption-tools.ts';

/** One way to encrypt, with keys of its own: what the suite file says, what the secrets hold, and how it is decrypted by hand. */
export interface EncryptionMode {
  readonly suite: Record<string, unknown> & { readonly mode: string };
  readonly ending: string;
  /** Values of the secrets that `suite` names. */
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  readonly decrypt: (stored: Buffer) => Buffer;
}

export const MODES = ['age', 'gpg', 'gpg-symmetric', 'openssl'] as const;
export type ModeName = (typeof MODES)[number];
const TOOL_OF: Record<ModeName, EncryptionTool | null> = { age: 'age', gpg: 'gpg', 'gpg-symmetric': 'gpg', openssl: null };

/** The modes that this machine has the tools for; preflight says which tests are left out for the others. */
export const modesHere = () => MODES.filter((mode) => TOOL_OF[mode] === null || hasTool(TOOL_OF[mode]));

export const PRIVATE_KEY_SECRET = 'shop/private-key';
export const PASSPHRASE_SECRET = 'shop/passphrase';
const MAXIMUM = { maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'] };

/** Makes the keys of a mode; everything lies in `folder`. */
export function makeMode(mode: ModeName, folder: string): EncryptionMode {
  return MAKERS[mode](folder);
}

const MAKERS: Record<ModeName, (folder: string) => EncryptionMode> = {
  age: (folder) => {
    const [own, offline] = [makeAgeKey(), makeAgeKey()];
    const file = ownerFile(folder, 'identity', own.identity);
    return {
      suite: { mode: 'age', recipients: [own.recipient, offline.recipient], privateKey: PRIVATE_KEY_SECRET },
      ending: '.age',
      privateKey: own.identity,
      passphrase: null,
      decrypt: (input) => execFileSync('age', ['--decrypt', '--identity', file], { input, ...MAXIMUM }),
    };
  },
  gpg: (folder) => {
    const keys = new PgpKeys(folder);
    const [own, offline] = [
      keys.make('Suite <suite@example.org>', 'rsa2048', 'of the key'),
      keys.make('Offline <offline@example.org>', 'cv25519', ''),
    ];
    return {
      suite: {
        mode: 'gpg',
        recipientKey: [own.publicKey, offline.publicKey],
        privateKey: PRIVATE_KEY_SECRET,
        passphrase: PASSPHRASE_SECRET,
      },
      ending: '.gpg',
      privateKey: own.privateKey,
      passphrase: 'of the key',
      decrypt: (input) => keys.decrypt(input, 'of the key'),
    };
  },
  'gpg-symmetric': (folder) => {
    const home = new PgpKeys(folder);
    return {
      ...byPassphrase('gpg-symmetric', folder),
      ending: '.gpg',
      decrypt: (input) => home.decrypt(input, PASSPHRASE),
    };
  },
  openssl: (folder) => {
    const made = byPassphrase('openssl', folder);
    const words = ['enc', '-d', '-aes-256-cbc', '-pbkdf2', '-pass', `file:${made.suite.passphraseFile}`];
    return {
      ...made,
      ending: '.enc',
      decrypt: (input) => execFileSync('openssl', words, { input, ...MAXIMUM }),
    };
  },
};

/** With characters that a shell would make something of. */
export const PASSPHRASE = `pass $(phrase) "of" the 'suite' \\ ü`;

function byPassphrase(mode: string, folder: string) {
  const passphraseFile = ownerFile(folder, 'passphrase', `${PASSPHRASE}\n`);
  return { suite: { mode, passphraseFile, passphrase: PASSPHRASE_SECRET }, privateKey: null, passphrase: PASSPHRASE };
}

function ownerFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}
