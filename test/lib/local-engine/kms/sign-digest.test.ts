import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
  verify,
} from 'node:crypto';
import { expect, test } from 'vitest';
import { makeMaterial } from '../../../../lib/local-engine/kms/key-file.ts';
import { hashOf, SIGNING_SPECS } from '../../../../lib/local-engine/kms/key-specs.ts';
import { signatureHolds, signDigest } from '../../../../lib/local-engine/kms/sign-digest.ts';

const message = Buffer.from('what somebody signed');
const digestOf = (algorithm: string, of = message) => createHash(hashOf(algorithm)).update(of).digest();
const keys = new Map(
  await Promise.all(
    Object.keys(SIGNING_SPECS).map(async (spec): Promise<[string, KeyObject]> => {
      return [spec, createPrivateKey((await makeMaterial(spec)).secret)];
    }),
  ),
);
const cases = Object.entries(SIGNING_SPECS).flatMap(([spec, { algorithms }]) => algorithms.map((name) => [spec, name] as const));

/** How OpenSSL is told what KMS means by a signing algorithm. */
function openssl(algorithm: string, key: KeyObject): SignKeyObjectInput {
  if (!algorithm.includes('PSS')) return { key };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

test.each(cases)('OpenSSL takes what a %s key signs as a digest by %s for a signature of the message', (spec, algorithm) => {
  const key = keys.get(spec)!;
  // Signatures hold random numbers, whose leading zeros are written in other ways.
  for (let turn = 0; turn < 8; turn += 1) {
    const signature = signDigest(algorithm, digestOf(algorithm), key);
    const publicKey = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' }));
    expect(verify(hashOf(algorithm), message, openssl(algorithm, publicKey), signature)).toBe(true);
  }
});

test.each(cases)('a signature of a %s key by %s holds for its own message only', (spec, algorithm) => {
  const key = keys.get(spec)!;
  const signature = sign(hashOf(algorithm), message, openssl(algorithm, key));
  expect(signatureHolds(algorithm, digestOf(algorithm), key, signature)).toBe(true);
  expect(signatureHolds(algorithm, digestOf(algorithm, Buffer.from('another')), key, signature)).toBe(false);
  for (const at of [0, 1, Math.floor(signature.length / 2), signature.length - 1]) {
    const changed = Buffer.from(signature);
    changed[at]! ^= 1;
    expect([at, signatureHolds(algorithm, digestOf(algorithm), key, changed)]).toEqual([at, false]);
  }
  expect(signatureHolds(algorithm, digestOf(algorithm), key, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
  expect(signatureHolds(algorithm, digestOf(algorithm), key, Buffer.alloc(signature.length))).toBe(false);
  expect(signatureHolds(algorithm, digestOf(algorithm), key, Buffer.alloc(1))).toBe(false);
});
