import { constants, createHash, type KeyObject, privateEncrypt, publicDecrypt, randomBytes, timingSafeEqual } from 'node:crypto';
import { ecdsaHolds, ecdsaSign } from './ecdsa.ts';
import { hashOf } from './key-specs.ts';

/** The beginning of the DigestInfo that stands before a digest in PKCS #1 v1.5 (RFC 8017, 9.2, note 1). */
const DIGEST_INFO: Record<string, string> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/**
 * Signs what is already a digest, which node:crypto has no call for: it would hash the digest once more. Anybody with the public key can
 * check the signature against the message itself.
 */
export function signDigest(algorithm: string, digest: Buffer, key: KeyObject): Buffer {
  if (algorithm.startsWith('ECDSA')) return ecdsaSign(digest, key);
  if (algorithm.startsWith('RSASSA_PKCS1')) {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, withDigestInfo(algorithm, digest));
  }
  const salt = randomBytes(digest.length);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, pssEncode(algorithm, digest, salt, modulusBits(key)));
}

/** Whether a signature is one of this digest by this (private) key. */
export function signatureHolds(algorithm: string, digest: Buffer, key: KeyObject, signature: Buffer): boolean {
  if (algorithm.startsWith('ECDSA')) return ecdsaHolds(digest, key, signature);
  try {
    if (algorithm.startsWith('RSASSA_PKCS1')) {
      const signed = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
      return isSame(signed, withDigestInfo(algorithm, digest));
    }
    const encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
    const salt = pssSalt(algorithm, encoded, digest.length, modulusBits(key));
    return salt !== undefined && isSame(encoded, pssEncode(algorithm, digest, salt, modulusBits(key)));
  } catch {
    // OpenSSL throws for what is no signature of this length or padding at all.
    return false;
  }
}

function withDigestInfo(algorithm: string, digest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[hashOf(algorithm)]!, 'hex'), digest]);
}

/** EMSA-PSS-ENCODE (RFC 8017, 9.1.1), the salt as long as the hash, as KMS does it. */
function pssEncode(algorithm: string, digest: Buffer, salt: Buffer, bits: number): Buffer {
  const hash = hashOf(algorithm);
  const length = Math.ceil((bits - 1) / 8);
  const hashed = createHash(hash)
    .update(Buffer.concat([Buffer.alloc(8), digest, salt]))
    .digest();
  const block = Buffer.alloc(length - hashed.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  mask(block, hash, hashed, 8 * length - (bits - 1));
  return Buffer.concat([block, hashed, Buffer.from([0xbc])]);
}

function pssSalt(algorithm: string, encoded: Buffer, saltLength: number, bits: number): Buffer | undefined {
  const hash = hashOf(algorithm);
  if (encoded.at(-1) !== 0xbc) return undefined;
  const hashed = encoded.subarray(encoded.length - saltLength - 1, -1);
  const block = Buffer.from(encoded.subarray(0, encoded.length - saltLength - 1));
  mask(block, hash, hashed, 8 * encoded.length - (bits - 1));
  return block.subarray(block.length - saltLength);
}

/** Lays MGF1 of a seed over a block, in place, and clears the bits that the modulus has no room for. */
function mask(block: Buffer, hash: string, seed: Buffer, unused: number): void {
  for (let at = 0, count = 0; at < block.length; count += 1) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    for (const byte of createHash(hash).update(seed).update(counter).digest()) {
      if (at < block.length) block[at]! ^= byte;
      at += 1;
    }
  }
  block[0]! &= 0xff >> unused;
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails!.modulusLength!;
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
