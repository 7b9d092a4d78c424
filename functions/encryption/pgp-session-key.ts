import { constants, createDecipheriv, createHash, privateDecrypt } from 'node:crypto';
import type { EcdhParameters } from './pgp-keys.ts';
import { Fields, packetHeader, TAG } from './pgp-packets.ts';
import { BLOCK_BYTES, cipherOf, hashOf, keyOfPassphrase, passphraseRule } from './pgp-s2k.ts';
import { checksum, type PgpSecretKey, unlock } from './pgp-secret-key.ts';

/** What a message's data is encrypted with. */
export interface SessionKey {
  readonly cipher: number;
  readonly key: Buffer;
}

/** What stands before the data: for every recipient, or passphrase, the session key encrypted. */
export interface PgpHeader {
  readonly recipients: readonly { readonly keyId: string; readonly algorithm: number; readonly encrypted: Buffer }[];
  readonly passphrases: readonly Buffer[];
  /** Where the data's packet begins. */
  readonly bytes: number;
}

/** A message that hides whom it is for names this instead. */
const ANYBODY = '0000000000000000';
const ANONYMOUS = 'Anonymous Sender    ';

/** Undefined when the bytes do not begin as a message that is protected against changes. */
export function parsePgpHeader(head: Buffer): PgpHeader | undefined {
  const recipients: PgpHeader['recipients'][0][] = [];
  const passphrases: Buffer[] = [];
  for (let at = 0; ; ) {
    const header = packetHeader(head, at);
    if (header?.tag === TAG.protectedData)
      return recipients.length + passphrases.length > 0 ? { recipients, passphrases, bytes: at } : undefined;
    if (!header || header.length === null || header.isPartial) return undefined;
    const body = head.subarray(at + header.bytes, at + header.bytes + header.length);
    if (body.length < header.length) return undefined;
    if (header.tag === TAG.publicKeySessionKey && body[0] === 3) {
      const keyId = body.subarray(1, 9).toString('hex').toUpperCase();
      recipients.push({ keyId, algorithm: body[9]!, encrypted: body.subarray(10) });
    } else if (header.tag === TAG.passphraseSessionKey && body[0] === 4) {
      passphrases.push(body.subarray(1));
    }
    at += header.bytes + header.length;
  }
}

/** With one of the keys; undefined when none of them is meant, or its own passphrase is not among those given. */
export function sessionKeyByKey(
  { recipients }: PgpHeader,
  keys: readonly PgpSecretKey[],
  passphrases: readonly Buffer[],
): { session: SessionKey; key: PgpSecretKey } | undefined {
  for (const { keyId, encrypted } of recipients) {
    for (const key of keys.filter((one) => keyId === one.keyId || keyId === ANYBODY)) {
      const session = decrypted(key, encrypted, passphrases);
      if (session) return { session, key };
    }
  }
  return undefined;
}

/** With a passphrase: whether it is the right one, only the data tells. */
export function sessionKeysByPassphrase({ passphrases }: PgpHeader, passphrase: Buffer): SessionKey[] {
  return passphrases.map((body) => {
    const fields = new Fields(body);
    const cipher = fields.byte();
    const { name, keyBytes } = cipherOf(cipher);
    const key = keyOfPassphrase(passphrase, passphraseRule(fields), keyBytes);
    const encrypted = fields.rest();
    if (encrypted.length === 0) return { cipher, key };
    const decipher = createDecipheriv(name, key, Buffer.alloc(BLOCK_BYTES));
    const [own, ...session] = Buffer.concat([decipher.update(encrypted), decipher.final()]);
    return { cipher: own!, key: Buffer.from(session) };
  });
}

function decrypted(key: PgpSecretKey, encrypted: Buffer, passphrases: readonly Buffer[]): SessionKey | undefined {
  const unlocked = unlock(key, passphrases);
  if (!unlocked) return undefined;
  try {
    const fields = new Fields(encrypted);
    if (unlocked.kind === 'rsa') return checked(unpadded(rsaDecrypt(unlocked.privateKey, fields.number(), key)));
    const shared = unlocked.agree(fields.number());
    return checked(keyUnwrap(key.parameters as EcdhParameters, key.fingerprint, shared, fields.text()));
  } catch {
    return undefined; // for another key with the same number, or changed
  }
}

function rsaDecrypt(privateKey: Parameters<typeof privateDecrypt>[0], number: Buffer, { parameters }: PgpSecretKey): Buffer {
  const length = parameters.kind === 'rsa' ? parameters.modulus.length : 0;
  const padded = Buffer.concat([Buffer.alloc(length - number.length), number]);
  return privateDecrypt({ key: privateKey as never, padding: constants.RSA_NO_PADDING }, padded);
}

/** PKCS 1: 00 02, bytes that are not zero, 00. By hand: OpenSSL answers with chance, not with an error, where it is not so. */
function unpadded(block: Buffer): Buffer {
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new RangeError('This is not PKCS 1.');
  return block.subarray(end + 1);
}

/** https://www.rfc-editor.org/rfc/rfc6637#section-7 */
function keyUnwrap({ oid, hash, cipher }: EcdhParameters, fingerprint: Buffer, shared: Buffer, wrapped: Buffer): Buffer {
  const { keyBytes } = cipherOf(cipher);
  const digest = createHash(hashOf(hash))
    .update(Buffer.from([0, 0, 0, 1]))
    .update(shared)
    .update(oid)
    .update(Buffer.from([18, 3, 1, hash, cipher]))
    .update(ANONYMOUS)
    .update(fingerprint)
    .digest();
  const unwrap = createDecipheriv(`id-aes${keyBytes * 8}-wrap`, digest.subarray(0, keyBytes), Buffer.alloc(8, 0xa6));
  const padded = Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
  return padded.subarray(0, padded.length - padded.at(-1)!);
}

/** Cipher, key, sum of the key's bytes. */
function checked(message: Buffer): SessionKey | undefined {
  const cipher = message[0] ?? 0;
  const { keyBytes } = cipherOf(cipher);
  const key = message.subarray(1, 1 + keyBytes);
  const isWhole = message.length === keyBytes + 3 && checksum(key) === message.readUInt16BE(1 + keyBytes);
  return isWhole ? { cipher, key } : undefined;
}
