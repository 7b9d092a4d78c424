import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import type { ByteReader } from './byte-reader.ts';

/** What `openssl enc -aes-256-cbc -pbkdf2` writes: eight letters, eight bytes of salt, the data. */
export const OPENSSL_HEADER_BYTES = 16;
const LETTERS = 'Salted__';
/** What `-pbkdf2` means without `-iter` and `-md`. */
const ITERATIONS = 10_000;
const DIGEST = 'sha256';
const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const PIECE = 64 * 1024;

export interface OpensslKey {
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** Undefined when the bytes do not begin as openssl's. */
export function saltOf(head: Buffer): Buffer | undefined {
  const isSalted = head.subarray(0, LETTERS.length).toString('latin1') === LETTERS;
  return isSalted && head.length >= OPENSSL_HEADER_BYTES ? head.subarray(LETTERS.length, OPENSSL_HEADER_BYTES) : undefined;
}

export function keyOfSalt(passphrase: Buffer, salt: Buffer): OpensslKey {
  const derived = pbkdf2Sync(passphrase, salt, ITERATIONS, KEY_BYTES + BLOCK_BYTES, DIGEST);
  return { key: derived.subarray(0, KEY_BYTES), iv: derived.subarray(KEY_BYTES) };
}

/** The first block: nothing else tells at once whether the passphrase was right, since nothing is authenticated. */
export function firstBlock(head: Buffer, { key, iv }: OpensslKey): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  return decipher.update(head.subarray(OPENSSL_HEADER_BYTES, OPENSSL_HEADER_BYTES + BLOCK_BYTES));
}

/** What follows the header, decrypted. @throws what OpenSSL throws of an end that is none. */
export async function* decryptOpenssl(payload: ByteReader, { key, iv }: OpensslKey): AsyncGenerator<Buffer> {
  const decipher = createDecipheriv('aes-256-cbc', key, iv);
  for (;;) {
    const piece = await payload.some(PIECE);
    if (piece.length === 0) break;
    yield decipher.update(piece);
  }
  yield decipher.final();
}
