import { createDecipheriv, hkdfSync } from 'node:crypto';
import type { ByteReader } from './byte-reader.ts';

const NONCE_BYTES = 16;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
/** Chunks are decrypted one by one, but read so many at once: a smaller piece of the network is not copied for each. */
const AT_ONCE = 8;

/** What follows the header, decrypted: no byte is given before its chunk was authenticated. @throws what OpenSSL throws of a chunk that was changed. */
export async function* decryptAge(payload: ByteReader, fileKey: Buffer): AsyncGenerator<Buffer> {
  const nonce = await payload.take(NONCE_BYTES);
  const key = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
  const encrypted = CHUNK_BYTES + TAG_BYTES;
  let chunk = 0n;
  for (let last = false; !last; ) {
    // One byte more tells whether the last of them is the last at all.
    const read = await payload.peek(AT_ONCE * encrypted + 1);
    last = read.length <= AT_ONCE * encrypted;
    const whole = read.subarray(0, AT_ONCE * encrypted);
    payload.skip(whole.length);
    for (let at = 0; at < Math.max(1, whole.length); at += encrypted) {
      const isLast = last && at + encrypted >= whole.length;
      const plain = open(key, chunk++, isLast, whole.subarray(at, at + encrypted));
      if (isLast && plain.length === 0 && chunk > 1n) throw new RangeError('The stored object ends with an empty chunk.');
      yield plain;
    }
  }
}

function open(key: Buffer, chunk: bigint, isLast: boolean, bytes: Buffer): Buffer {
  if (bytes.length < TAG_BYTES) throw new RangeError('The stored object ends too early.');
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(chunk, 3);
  nonce[11] = isLast ? 1 : 0;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = decipher.update(bytes.subarray(0, -TAG_BYTES));
  decipher.final();
  return plain;
}
