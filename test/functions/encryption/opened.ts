import { Readable } from 'node:stream';
import { ByteReader } from '../../../functions/encryption/byte-reader.ts';
import { decrypt } from '../../../functions/encryption/decrypt.ts';
import { type Keyring, readKeyring } from '../../../functions/encryption/keyring.ts';
import { HEAD_BYTES, openHeader } from '../../../functions/encryption/open-header.ts';

export function keyringOf(privateKeys: string, passphrases = ''): Keyring {
  return readKeyring(Buffer.from(privateKeys, 'latin1'), Buffer.from(passphrases, 'latin1'));
}

/** A stored object in clear, whole, as agents read it: it comes in pieces that have nothing to do with its format. */
export async function opened(key: string, stored: Buffer, keyring: Keyring, piece = 10_007) {
  const pieces = Array.from({ length: Math.ceil(stored.length / piece) }, (_, at) =>
    stored.subarray(at * piece, (at + 1) * piece),
  );
  const reader = new ByteReader(Readable.from(pieces));
  const { openedBy, ...header } = openHeader(key, await reader.peek(HEAD_BYTES), keyring);
  const parts: Buffer[] = [];
  for await (const part of decrypt(reader, { openedBy, ...header })) parts.push(part);
  return { openedBy, header, plain: Buffer.concat(parts) };
}
