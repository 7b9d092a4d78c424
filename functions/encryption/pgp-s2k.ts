import { createHash } from 'node:crypto';
import type { Fields } from './pgp-packets.ts';

/** How OpenPGP makes a key of a passphrase: https://www.rfc-editor.org/rfc/rfc4880#section-3.7 */
export interface PassphraseRule {
  readonly hash: string;
  readonly salt: Buffer;
  /** Bytes of salt and passphrase that are hashed, as often as it takes. */
  readonly count: number;
}

/** Those that OpenSSL still has. */
const HASHES: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  3: 'ripemd160',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};
const CIPHERS: Readonly<Record<number, { name: string; keyBytes: number }>> = {
  7: { name: 'aes-128-cfb', keyBytes: 16 },
  8: { name: 'aes-192-cfb', keyBytes: 24 },
  9: { name: 'aes-256-cfb', keyBytes: 32 },
};
/** Of AES, whatever its key. */
export const BLOCK_BYTES = 16;

/** @throws RangeError for one that we do not know: gpg uses AES for twenty years now. */
export function cipherOf(algorithm: number): { readonly name: string; readonly keyBytes: number } {
  const found = CIPHERS[algorithm];
  if (!found) throw new RangeError(`OpenPGP's cipher ${algorithm} is not known here; only AES is.`);
  return found;
}

export function hashOf(algorithm: number): string {
  const found = HASHES[algorithm];
  if (!found) throw new RangeError(`OpenPGP's hash ${algorithm} is not known here.`);
  return found;
}

/** @throws RangeError: of a kind that we do not know, or no passphrase opens it at all (the key lies on a card). */
export function passphraseRule(fields: Fields): PassphraseRule {
  const kind = fields.byte();
  if (kind !== 0 && kind !== 1 && kind !== 3) throw new RangeError('The secret part of an OpenPGP key is not in its file.');
  const hash = hashOf(fields.byte());
  const salt = kind === 0 ? Buffer.alloc(0) : fields.take(8);
  const coded = kind === 3 ? fields.byte() : null;
  return { hash, salt, count: coded === null ? 0 : (16 + (coded & 15)) << ((coded >> 4) + 6) };
}

export function keyOfPassphrase(passphrase: Buffer, { hash, salt, count }: PassphraseRule, keyBytes: number): Buffer {
  const once = Buffer.concat([salt, passphrase]);
  const length = Math.max(count, once.length);
  // Hashed in larger pieces: 65 MB of a few bytes each would take seconds.
  const many = Buffer.alloc(Math.max(1, Math.ceil(65_536 / Math.max(1, once.length))) * once.length, once);
  const parts: Buffer[] = [];
  for (let zeros = 0; Buffer.concat(parts).length < keyBytes; zeros++) {
    const digest = createHash(hash).update(Buffer.alloc(zeros));
    let left = length;
    for (; left > many.length && many.length > 0; left -= many.length) digest.update(many);
    parts.push(digest.update(many.subarray(0, left)).digest());
  }
  return Buffer.concat(parts).subarray(0, keyBytes);
}
