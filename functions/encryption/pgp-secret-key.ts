import { createDecipheriv, createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { x25519PrivateKey, x25519Shared } from './age-keys.ts';
import { type EcdhParameters, type KeyPacket, keyPackets, type PgpKey, type RsaParameters } from './pgp-keys.ts';
import { Fields } from './pgp-packets.ts';
import { BLOCK_BYTES, cipherOf, keyOfPassphrase, passphraseRule } from './pgp-s2k.ts';

/** A key that opens messages, once its passphrase has opened it. */
export interface PgpSecretKey extends PgpKey {
  readonly secret: Buffer;
}

/** RSA keys decrypt, curves agree on a secret. */
export type Unlocked =
  | { readonly kind: 'rsa'; readonly privateKey: KeyObject }
  | { readonly kind: 'ecdh'; readonly agree: (point: Buffer) => Buffer };

const PROTECTED_BY_SHA1 = 254;
const PROTECTED_BY_SUM = 255;

/** Those of a text's private key blocks that messages can be encrypted to. */
export function secretKeysIn(text: string): PgpSecretKey[] {
  const canDecrypt = (key: KeyPacket): key is KeyPacket & PgpSecretKey => key.parameters !== null;
  return keyPackets(text, 'PRIVATE').flat().filter(canDecrypt);
}

/** Undefined: none of the passphrases opens it. @throws RangeError for a protection that we do not know. */
export function unlock(key: PgpSecretKey, passphrases: readonly Buffer[]): Unlocked | undefined {
  const fields = new Fields(key.secret);
  const usage = fields.byte();
  if (usage === 0) return usable(key, fields.rest());
  if (usage !== PROTECTED_BY_SHA1 && usage !== PROTECTED_BY_SUM)
    throw new RangeError(`Key ${key.keyId} is protected in a way that is not known here.`);
  const { name, keyBytes } = cipherOf(fields.byte());
  const rule = passphraseRule(fields);
  const iv = fields.take(BLOCK_BYTES);
  const encrypted = fields.rest();
  for (const passphrase of passphrases) {
    const decipher = createDecipheriv(name, keyOfPassphrase(passphrase, rule, keyBytes), iv);
    const plain = Buffer.concat([decipher.update(encrypted), decipher.final()]);
    if (usage === PROTECTED_BY_SHA1 ? endsWithSha1(plain) : endsWithSum(plain)) return usable(key, plain);
  }
  return undefined;
}

function endsWithSha1(plain: Buffer): boolean {
  return createHash('sha1').update(plain.subarray(0, -20)).digest().equals(plain.subarray(-20));
}

function endsWithSum(plain: Buffer): boolean {
  return checksum(plain.subarray(0, -2)) === plain.subarray(-2).readUInt16BE();
}

export function checksum(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xffff, 0);
}

function usable({ parameters }: PgpSecretKey, numbers: Buffer): Unlocked {
  const fields = new Fields(numbers);
  return parameters.kind === 'rsa'
    ? { kind: 'rsa', privateKey: rsaKey(parameters, fields) }
    : { kind: 'ecdh', agree: agreement(parameters, fields.number()) };
}

/** OpenPGP has the primes the other way round: its u is the inverse of p modulo q. */
function rsaKey({ modulus, exponent }: RsaParameters, fields: Fields): KeyObject {
  const [d, q, p, qi] = [fields.number(), fields.number(), fields.number(), fields.number()];
  const [exponentNumber, first, second] = [d, p, q].map((bytes) => BigInt(`0x${bytes.toString('hex')}`)) as [
    bigint,
    bigint,
    bigint,
  ];
  const parts = {
    n: modulus,
    e: exponent,
    d,
    p,
    q,
    dp: bytesOf(exponentNumber % (first - 1n)),
    dq: bytesOf(exponentNumber % (second - 1n)),
    qi,
  };
  const encoded = Object.entries(parts).map(([name, bytes]) => [name, bytes.toString('base64url')]);
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(encoded) }, format: 'jwk' });
}

function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex');
}

function agreement({ curve }: EcdhParameters, scalar: Buffer): (point: Buffer) => Buffer {
  if (curve !== 'x25519') {
    const own = createECDH(curve);
    own.setPrivateKey(scalar);
    return (point) => own.computeSecret(point);
  }
  // Numbers begin with their largest byte, the curve's own keys with their smallest; a point has 0x40 before it.
  const secret = Buffer.concat([Buffer.alloc(32 - scalar.length), scalar]).reverse();
  return (point) => x25519Shared(x25519PrivateKey(secret), point.subarray(1));
}
