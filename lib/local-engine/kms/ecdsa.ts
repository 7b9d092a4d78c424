import { createECDH, type KeyObject, randomBytes } from 'node:crypto';

interface Curve {
  /** OpenSSL's name. */
  name: string;
  /** The order of the base point (FIPS 186-4, D.1.2). */
  order: bigint;
  bytes: number;
}

const CURVES: Record<string, Curve> = {
  'P-256': {
    name: 'prime256v1',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  },
  'P-384': {
    name: 'secp384r1',
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
  },
  'P-521': {
    name: 'secp521r1',
    order:
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    bytes: 66,
  },
};

/** ECDSA over a digest that is no longer than the order of the curve; OpenSSL multiplies the points. */
export function ecdsaSign(digest: Buffer, key: KeyObject): Buffer {
  const { curve, secret } = privateParts(key);
  while (true) {
    const nonce = toNumber(randomBytes(curve.bytes)) % 2n ** BigInt(curve.order.toString(2).length);
    if (nonce === 0n || nonce >= curve.order) continue;
    const r = multiplied(curve, nonce);
    const s = modulo(inverse(nonce, curve.order) * (toNumber(digest) + r * secret), curve.order);
    if (r !== 0n && s !== 0n) return derSequence([r, s]);
  }
}

/** The nonce follows from the signature and the secret; the signature holds when that nonce gives its first half. */
export function ecdsaHolds(digest: Buffer, key: KeyObject, signature: Buffer): boolean {
  const { curve, secret } = privateParts(key);
  const [r, s] = derNumbers(signature) ?? [0n, 0n];
  if (r <= 0n || s <= 0n || r >= curve.order || s >= curve.order) return false;
  const nonce = modulo(inverse(s, curve.order) * (toNumber(digest) + r * secret), curve.order);
  return nonce !== 0n && multiplied(curve, nonce) === r;
}

function privateParts(key: KeyObject): { curve: Curve; secret: bigint } {
  const { crv, d } = key.export({ format: 'jwk' });
  return { curve: CURVES[crv!]!, secret: toNumber(Buffer.from(d!, 'base64url')) };
}

/** The first coordinate of a multiple of the base point, as a number below the order. */
function multiplied(curve: Curve, factor: bigint): bigint {
  const ecdh = createECDH(curve.name);
  ecdh.setPrivateKey(toBytes(factor, curve.bytes));
  return modulo(toNumber(ecdh.getPublicKey().subarray(1, 1 + curve.bytes)), curve.order);
}

/** The extended Euclidean algorithm. */
function inverse(value: bigint, order: bigint): bigint {
  let [a, b, x, y] = [modulo(value, order), order, 1n, 0n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return modulo(x, order);
}

function modulo(value: bigint, order: bigint): bigint {
  return ((value % order) + order) % order;
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

/** SEQUENCE of INTEGERs, each with a zero byte before a high bit. */
function derSequence(numbers: bigint[]): Buffer {
  const body = Buffer.concat(
    numbers.map((value) => {
      const hex = value.toString(16);
      const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
      const signed = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
      return Buffer.concat([Buffer.from([0x02, signed.length]), signed]);
    }),
  );
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

/** The two numbers of a signature, or undefined where it is not exactly such a sequence. */
function derNumbers(signature: Buffer): [bigint, bigint] | undefined {
  const numbers: bigint[] = [];
  for (let at = signature[1] === 0x81 ? 3 : 2; at < signature.length && numbers.length < 3; ) {
    const end = at + 2 + (signature[at + 1] ?? 0);
    numbers.push(toNumber(signature.subarray(at + 2, end)));
    at = end;
  }
  const [r, s] = numbers;
  if (r === undefined || s === undefined) return undefined;
  return derSequence([r, s]).equals(signature) ? [r, s] : undefined;
}
