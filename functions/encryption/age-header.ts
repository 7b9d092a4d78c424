import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AgeIdentity, identityOf, x25519Shared } from './age-keys.ts';

/** The beginning of an age file: for every recipient the file key, wrapped, and a checksum by the file key. https://age-encryption.org/v1 */
export interface AgeHeader {
  readonly stanzas: readonly Stanza[];
  /** Up to and including `---`. */
  readonly text: string;
  readonly mac: Buffer;
  /** Where the payload begins. */
  readonly bytes: number;
}

interface Stanza {
  readonly type: string;
  readonly share: Buffer;
  readonly body: Buffer;
}

const FIRST_LINE = 'age-encryption.org/v1\n';
const X25519 = 'X25519';
const WRAPPED_FOR = 'age-encryption.org/v1/X25519';
const COLUMNS = 64;
const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;

/** Undefined when the bytes do not begin with a header. */
export function parseAgeHeader(head: Buffer): AgeHeader | undefined {
  const text = head.toString('latin1');
  const found = /^--- ([A-Za-z0-9+/]{43})\n/m.exec(text);
  if (!text.startsWith(FIRST_LINE) || !found) return undefined;
  const end = found.index;
  return {
    stanzas: stanzasOf(text.slice(FIRST_LINE.length, end)),
    text: text.slice(0, end + '---'.length),
    mac: Buffer.from(found[1]!, 'base64'),
    bytes: end + found[0].length,
  };
}

/** How many it was encrypted to that we know how to open. */
export function recipientsOf({ stanzas }: AgeHeader): number {
  return stanzas.filter(({ type }) => type === X25519).length;
}

/** The file key, if one of the identities opens it and it made this header. */
export function unwrapFileKey(
  header: AgeHeader,
  identities: readonly AgeIdentity[],
): { fileKey: Buffer; identity: AgeIdentity } | undefined {
  for (const identity of identities) {
    for (const { type, share, body } of header.stanzas) {
      if (type !== X25519 || share.length !== 32 || body.length !== FILE_KEY_BYTES + TAG_BYTES) continue;
      const fileKey = unwrap(identity, share, body);
      if (fileKey && timingSafeEqual(macOf(fileKey, header.text), header.mac)) return { fileKey, identity };
    }
  }
  return undefined;
}

/** A header for one recipient. The payload does not depend on it, so it can take the place of the header that the file key came from. */
export function wrapFileKey(fileKey: Buffer, recipient: Buffer): Buffer {
  const { privateKey, publicKey } = identityOf(randomBytes(32));
  const key = wrapKey(x25519Shared(privateKey, recipient), publicKey, recipient);
  const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: TAG_BYTES });
  const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
  const text = `${FIRST_LINE}-> ${X25519} ${unpadded(publicKey)}\n${unpadded(body)}\n---`;
  return Buffer.from(`${text} ${unpadded(macOf(fileKey, text))}\n`, 'latin1');
}

function stanzasOf(text: string): Stanza[] {
  return text
    .split(/^-> /m)
    .slice(1)
    .map((stanza) => {
      const [first = '', ...lines] = stanza.split('\n');
      const [type = '', share = ''] = first.split(' ');
      const body = lines.filter((line) => line.length > 0 && line.length <= COLUMNS).join('');
      return { type, share: Buffer.from(share, 'base64'), body: Buffer.from(body, 'base64') };
    });
}

function unwrap({ privateKey, publicKey }: AgeIdentity, share: Buffer, body: Buffer): Buffer | undefined {
  try {
    const key = wrapKey(x25519Shared(privateKey, share), share, publicKey);
    const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
    return Buffer.concat([decipher.update(body.subarray(0, FILE_KEY_BYTES)), decipher.final()]);
  } catch {
    return undefined; // for somebody else
  }
}

function wrapKey(shared: Buffer, share: Buffer, recipient: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([share, recipient]), WRAPPED_FOR, 32));
}

function macOf(fileKey: Buffer, text: string): Buffer {
  const key = Buffer.from(hkdfSync('sha256', fileKey, '', 'header', 32));
  return createHmac('sha256', key).update(text, 'latin1').digest();
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
