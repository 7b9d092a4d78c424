import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { decodeBech32, encodeBech32 } from './bech32.ts';

/** Keys of age's native kind, X25519: https://age-encryption.org/v1 */
export interface AgeIdentity {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** The same as text, `age1…`. */
  readonly recipient: string;
}

const RECIPIENT = 'age';
const IDENTITY = 'age-secret-key-';
const KEY_BYTES = 32;
/** What stands before the 32 bytes in DER: RFC 8410. */
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex');

/** The public key of `age1…`; undefined when it is none. */
export function parseRecipient(text: string): Buffer | undefined {
  const bytes = text === text.toLowerCase() ? decodeBech32(RECIPIENT, text) : undefined;
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}

/** Of a line `AGE-SECRET-KEY-1…`; undefined when it is none. */
export function parseIdentity(text: string): AgeIdentity | undefined {
  const bytes = decodeBech32(IDENTITY, text);
  return bytes?.length === KEY_BYTES ? identityOf(bytes) : undefined;
}

export function identityOf(secret: Buffer): AgeIdentity {
  const privateKey = x25519PrivateKey(secret);
  const publicKey = rawPublicKey(privateKey);
  return { privateKey, publicKey, recipient: encodeBech32(RECIPIENT, publicKey) };
}

export function identityText(secret: Buffer): string {
  return encodeBech32(IDENTITY, secret).toUpperCase();
}

export function x25519PrivateKey(secret: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_DER, secret]), format: 'der', type: 'pkcs8' });
}

/** @throws when the other side's key is none of the curve's, or gives no secret (all zeros): OpenSSL refuses both. */
export function x25519Shared(privateKey: KeyObject, publicKey: Buffer): Buffer {
  const other = createPublicKey({ key: Buffer.concat([PUBLIC_DER, publicKey]), format: 'der', type: 'spki' });
  return diffieHellman({ privateKey, publicKey: other });
}

function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length);
}
