import { type AgeIdentity, parseIdentity } from './age-keys.ts';
import { type PgpSecretKey, secretKeysIn } from './pgp-secret-key.ts';

/** Everything that may open what is stored: today's keys and those of older points. */
export interface Keyring {
  readonly ageIdentities: readonly AgeIdentity[];
  readonly pgpKeys: readonly PgpSecretKey[];
  /** Of messages, and of the PGP keys themselves; the newest first. */
  readonly passphrases: readonly Buffer[];
  /** Lines that look like a key and are none: somebody cut or mistyped it. Only where they stand is told. */
  readonly broken: readonly string[];
}

const IDENTITY = /^\s*AGE-SECRET-KEY-/i;

/**
 * `privateKeys`: age identities, a line each, as age-keygen writes them, and private key blocks of PGP; any number of both, anything else is
 * left alone. `passphrases`: a line each, since gpg and openssl read one line of their files.
 */
export function readKeyring(privateKeys: Buffer, passphrases: Buffer): Keyring {
  const text = privateKeys.toString('latin1');
  const lines = text.split(/\r?\n/);
  const identities = lines.flatMap((line, index) =>
    IDENTITY.test(line) ? [{ identity: parseIdentity(line.trim()), index }] : [],
  );
  const blocks = text.match(/-----BEGIN PGP PRIVATE KEY BLOCK-----/g)?.length ?? 0;
  const pgpKeys = secretKeysIn(text);
  const broken = identities.filter(({ identity }) => !identity).map(({ index }) => `line ${index + 1} is no whole age identity`);
  return {
    ageIdentities: identities.flatMap(({ identity }) => identity ?? []),
    pgpKeys,
    passphrases: linesOf(passphrases),
    broken: blocks > 0 && pgpKeys.length === 0 ? [...broken, 'no PGP block holds a key that can decrypt'] : broken,
  };
}

function linesOf(bytes: Buffer): Buffer[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'latin1'));
}
