import { createDecipheriv, createHash } from 'node:crypto';
import { ByteReader } from './byte-reader.ts';
import { packetHeader, partLength, TAG } from './pgp-packets.ts';
import { BLOCK_BYTES, cipherOf } from './pgp-s2k.ts';
import type { SessionKey } from './pgp-session-key.ts';

/** A block of chance, and its last two bytes once more. */
const PREFIX_BYTES = BLOCK_BYTES + 2;
/** The packet that ends the data: two bytes of header, SHA-1 of all before it. */
const SEAL = Buffer.from([0xd3, 0x14]);
const SEAL_BYTES = 22;
const LONGEST_PACKET_HEADER = 6;
const PIECE = 64 * 1024;

/**
 * The data of a message, decrypted: https://www.rfc-editor.org/rfc/rfc4880#section-5.13. What it holds is told by its last bytes only, so the
 * last piece is not given before they were looked at. @throws RangeError when it was cut or changed, or is compressed.
 */
export async function* decryptPgp(message: ByteReader, session: SessionKey): AsyncGenerator<Buffer> {
  const inside = new ByteReader(plainOf(partsOf(message, TAG.protectedData), session));
  let held: Buffer | undefined;
  for await (const piece of partsOf(inside, TAG.literal)) {
    if (held) yield held;
    held = piece;
  }
  if ((await inside.some(1)).length > 0) throw new RangeError('The message holds more than one thing.');
  if (held) yield held;
}

/** True when these bytes, the first of a message's data packet, make sense with this key. */
export function fits(begin: Buffer, { cipher, key }: SessionKey): boolean {
  const header = packetHeader(begin);
  const { name, keyBytes } = cipherOf(cipher);
  if (header?.tag !== TAG.protectedData || key.length !== keyBytes) return false;
  const decipher = createDecipheriv(name, key, Buffer.alloc(BLOCK_BYTES));
  const plain = decipher.update(begin.subarray(header.bytes + 1, header.bytes + 1 + PREFIX_BYTES + 1));
  const repeats = plain.subarray(BLOCK_BYTES - 2, BLOCK_BYTES).equals(plain.subarray(BLOCK_BYTES, PREFIX_BYTES));
  return repeats && packetHeader(Buffer.concat([plain.subarray(PREFIX_BYTES), Buffer.alloc(5)]))?.tag === TAG.literal;
}

/** The body of the packet that begins here, part by part; of a literal packet only its data. */
async function* partsOf(reader: ByteReader, tag: number): AsyncGenerator<Buffer> {
  const header = packetHeader(await reader.peek(LONGEST_PACKET_HEADER));
  if (header?.tag === TAG.compressed) throw new RangeError('The message is compressed, which this suite never does.');
  if (header?.tag !== tag) throw new RangeError('The stored object is no OpenPGP message that we could have made.');
  reader.skip(header.bytes);
  const body = new ByteReader(piecesOf(reader, header.length, header.isPartial));
  if (tag === TAG.literal) {
    const [, nameBytes] = await body.take(2);
    await body.take(nameBytes! + 4); // a name, a time
  } else if ((await body.take(1))[0] !== 1) {
    throw new RangeError('The message is protected in a way that is not known here.');
  }
  for (;;) {
    const piece = await body.some(PIECE);
    if (piece.length === 0) return;
    yield piece;
  }
}

async function* piecesOf(reader: ByteReader, length: number | null, isPartial: boolean): AsyncGenerator<Buffer> {
  let goesOn = isPartial;
  for (let left = length ?? Number.POSITIVE_INFINITY; ; ) {
    const piece = left === 0 ? Buffer.alloc(0) : await reader.some(Math.min(left, PIECE));
    if (piece.length > 0) {
      yield piece;
      left -= piece.length;
    } else if (left === 0 && goesOn) {
      const next = partLength(await reader.peek(LONGEST_PACKET_HEADER - 1));
      if (!next) throw new RangeError('The stored object ends too early.');
      reader.skip(next.bytes);
      left = next.length;
      goesOn = next.isPartial;
    } else if (left === 0 || left === Number.POSITIVE_INFINITY) {
      return;
    } else {
      throw new RangeError('The stored object ends too early.');
    }
  }
}

async function* plainOf(parts: AsyncIterable<Buffer>, { cipher, key }: SessionKey): AsyncGenerator<Buffer> {
  const decipher = createDecipheriv(cipherOf(cipher).name, key, Buffer.alloc(BLOCK_BYTES));
  const hash = createHash('sha1');
  let [held, skip] = [Buffer.alloc(0), PREFIX_BYTES];
  for await (const part of parts) {
    const plain = decipher.update(part);
    const all = held.length === 0 ? plain : Buffer.concat([held, plain]);
    const sure = all.subarray(0, Math.max(0, all.length - SEAL_BYTES));
    held = Buffer.from(all.subarray(sure.length));
    hash.update(sure);
    if (sure.length > skip) yield sure.subarray(skip);
    skip = Math.max(0, skip - sure.length);
  }
  const sealed = hash.update(SEAL).digest();
  if (skip > 0 || !held.equals(Buffer.concat([SEAL, sealed]))) throw new RangeError('The message was cut or changed.');
}
