import { createHash } from 'node:crypto';
import { unarmor } from './pgp-armor.ts';
import { Fields, packetsIn, TAG } from './pgp-packets.ts';

/** A key, or subkey, that messages can be encrypted to. */
export interface PgpKey {
  readonly fingerprint: Buffer;
  /** Sixteen digits: what a message says it is encrypted to. */
  readonly keyId: string;
  readonly parameters: RsaParameters | EcdhParameters;
}
export interface RsaParameters {
  readonly kind: 'rsa';
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}
export interface EcdhParameters {
  readonly kind: 'ecdh';
  readonly curve: Curve;
  /** As the packet has it, its length first: part of what is hashed. */
  readonly oid: Buffer;
  readonly point: Buffer;
  readonly hash: number;
  readonly cipher: number;
}
/** As OpenSSL calls it. */
export type Curve =
  | 'x25519'
  | 'prime256v1'
  | 'secp384r1'
  | 'secp521r1'
  | 'brainpoolP256r1'
  | 'brainpoolP384r1'
  | 'brainpoolP512r1';

const RSA = [1, 2];
const ECDH = 18;
/** Numbers of each algorithm that sign only; their public part must be read over. */
const SIGNING: Readonly<Record<number, number>> = { 3: 2, 16: 3, 17: 4 };
const EDDSA = [19, 22];
const CURVES: Readonly<Record<string, Curve>> = {
  '2b060104019755010501': 'x25519',
  '2a8648ce3d030107': 'prime256v1',
  '2b81040022': 'secp384r1',
  '2b81040023': 'secp521r1',
  '2b2403030208010107': 'brainpoolP256r1',
  '2b240303020801010b': 'brainpoolP384r1',
  '2b240303020801010d': 'brainpoolP512r1',
};

/** One key packet: what is public of it, and the rest, which only a secret key has. Null parameters: it only signs, or is of a kind that we do not know. */
export interface KeyPacket {
  readonly tag: number;
  readonly fingerprint: Buffer;
  readonly keyId: string;
  readonly parameters: PgpKey['parameters'] | null;
  readonly secret: Buffer;
}

/** Keys and subkeys of every block of that kind in a text. */
export function keyPackets(text: string, kind: 'PUBLIC' | 'PRIVATE'): KeyPacket[][] {
  const tags: number[] = kind === 'PUBLIC' ? [TAG.publicKey, TAG.publicSubkey] : [TAG.secretKey, TAG.secretSubkey];
  return unarmor(text, `PGP ${kind} KEY BLOCK`).map((block) =>
    packetsIn(block).flatMap(({ tag, body }) => (tags.includes(tag) ? (readKey(tag, body) ?? []) : [])),
  );
}

function readKey(tag: number, body: Buffer): KeyPacket | undefined {
  const fields = new Fields(body);
  if (fields.byte() !== 4) return undefined;
  fields.take(4); // when it was made
  const algorithm = fields.byte();
  const parameters = parametersOf(algorithm, fields);
  const told = fields.taken();
  const length = Buffer.alloc(2);
  length.writeUInt16BE(told.length);
  const fingerprint = createHash('sha1')
    .update(Buffer.from([0x99]))
    .update(length)
    .update(told)
    .digest();
  const keyId = fingerprint.subarray(-8).toString('hex').toUpperCase();
  return { tag, fingerprint, keyId, parameters, secret: fields.rest() };
}

function parametersOf(algorithm: number, fields: Fields): PgpKey['parameters'] | null {
  if (RSA.includes(algorithm)) return { kind: 'rsa', modulus: fields.number(), exponent: fields.number() };
  if (algorithm !== ECDH) {
    if (EDDSA.includes(algorithm)) fields.text();
    const numbers = EDDSA.includes(algorithm) ? 1 : (SIGNING[algorithm] ?? 0);
    for (let each = 0; each < numbers; each++) fields.number();
    return null;
  }
  const oid = fields.text();
  const point = fields.number();
  const [, hash, cipher] = fields.text();
  const curve = CURVES[oid.toString('hex')];
  if (!curve) return null;
  return { kind: 'ecdh', curve, oid: Buffer.concat([Buffer.from([oid.length]), oid]), point, hash: hash!, cipher: cipher! };
}
