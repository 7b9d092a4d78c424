import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** What encrypts before the upload; the packages are called age and gnupg. */
export const ENCRYPTION_TOOLS = { age: 'age', gpg: 'gnupg' } as const;

export type EncryptionTool = keyof typeof ENCRYPTION_TOOLS;

/** Whether this machine has it. Where it has not, preflight says which tests are left out; in CI it must. */
export function hasTool(tool: EncryptionTool): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)));
}

/** A new age identity and its recipient. */
export function makeAgeKey(): { identity: string; recipient: string } {
  const text = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { identity: text, recipient: /public key: (\S+)/.exec(text)![1]! };
}

export interface PgpTestKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** PGP keys in a keyring that only this test has. gpg starts an agent for each of its commands here; none stays. */
export class PgpKeys {
  readonly #home: string;

  constructor(folder: string) {
    this.#home = join(folder, 'g');
    mkdirSync(this.#home, { mode: 0o700, recursive: true });
  }

  /** A key with a subkey to encrypt to. `algorithm`: what gpg calls the subkey's; `passphrase`: '' for none. */
  make(user: string, algorithm: string, passphrase: string): PgpTestKey {
    const signing = algorithm.startsWith('rsa') ? algorithm : 'ed25519';
    const gpg = (...words: string[]) => this.#gpg(passphrase, words).toString();
    try {
      gpg('--quick-generate-key', user, signing, 'sign', 'never');
      const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(gpg('--list-keys', '--with-colons', user))![1]!;
      gpg('--quick-add-key', fingerprint, algorithm, 'encrypt', 'never');
      return { publicKey: gpg('--armor', '--export', user), privateKey: gpg('--armor', '--export-secret-keys', user) };
    } finally {
      this.#endAgent();
    }
  }

  /** With a key of this keyring, or by the passphrase itself. */
  decrypt(input: Buffer, passphrase: string): Buffer {
    try {
      return this.#gpg(passphrase, ['--decrypt'], input);
    } finally {
      this.#endAgent();
    }
  }

  #gpg(passphrase: string, words: string[], input: Buffer = Buffer.alloc(0)): Buffer {
    const common = ['--homedir', this.#home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', passphrase];
    return execFileSync('gpg', [...common, ...words], { input, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  #endAgent(): void {
    execFileSync('gpgconf', ['--homedir', this.#home, '--kill', 'gpg-agent']);
  }
}
