import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { ServiceError } from '../service-error.ts';
import type { KeyRecord } from './key-file.ts';
import { hashOf, SIGNING_SPECS } from './key-specs.ts';
import type { Keys } from './keys.ts';
import { bytesOf, invalid } from './parameters.ts';
import { signatureHolds, signDigest } from './sign-digest.ts';

type Parameters = Record<string, unknown>;

export async function sign(keys: Keys, parameters: Parameters): Promise<unknown> {
  const { key, algorithm, digest } = await signing(keys, parameters);
  const signature = signDigest(algorithm, digest, createPrivateKey(key.materials.at(-1)!.secret));
  return { KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm: algorithm };
}

/** Throws `KMSInvalidSignatureException` where the signature is not one of this message by this key. */
export async function checkSignature(keys: Keys, parameters: Parameters): Promise<unknown> {
  const { key, algorithm, digest } = await signing(keys, parameters);
  const holds = signatureHolds(
    algorithm,
    digest,
    createPrivateKey(key.materials.at(-1)!.secret),
    bytesOf(parameters, 'Signature'),
  );
  if (!holds) throw new ServiceError('KMSInvalidSignatureException', '');
  return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: algorithm };
}

export async function getPublicKey(keys: Keys, { KeyId }: Parameters): Promise<unknown> {
  const key = await keys.usable(KeyId);
  const { algorithms } = signingSpec(key);
  const spki = createPublicKey(key.materials.at(-1)!.secret).export({ type: 'spki', format: 'der' });
  return {
    KeyId: key.arn,
    PublicKey: spki.toString('base64'),
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyUsage: 'SIGN_VERIFY',
    SigningAlgorithms: algorithms,
  };
}

async function signing(keys: Keys, parameters: Parameters): Promise<{ key: KeyRecord; algorithm: string; digest: Buffer }> {
  const key = await keys.usable(parameters.KeyId);
  const algorithm = String(parameters.SigningAlgorithm);
  if (!signingSpec(key).algorithms.includes(algorithm)) {
    throw new ServiceError('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
  return { key, algorithm, digest: digestOf(parameters, algorithm) };
}

function digestOf(parameters: Parameters, algorithm: string): Buffer {
  const { MessageType = 'RAW' } = parameters;
  const message = bytesOf(parameters, 'Message');
  const hash = createHash(hashOf(algorithm));
  if (MessageType === 'RAW') return hash.update(message).digest();
  if (MessageType !== 'DIGEST') throw invalid(`The engine does not know the MessageType ${String(MessageType)}`);
  if (message.length !== hash.digest().length) throw invalid(`Digest is invalid length for algorithm ${algorithm}.`);
  return message;
}

function signingSpec({ arn, spec }: KeyRecord): (typeof SIGNING_SPECS)[string] {
  const found = SIGNING_SPECS[spec];
  if (found !== undefined) return found;
  throw new ServiceError('InvalidKeyUsageException', `${arn} key usage is ENCRYPT_DECRYPT which is not valid for signing.`);
}
