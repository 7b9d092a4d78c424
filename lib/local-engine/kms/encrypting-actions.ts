import { randomBytes } from 'node:crypto';
import { ServiceError } from '../service-error.ts';
import { type EncryptionContext, seal, sealedBy, unseal } from './encrypt.ts';
import type { KeyRecord } from './key-file.ts';
import { SYMMETRIC } from './key-specs.ts';
import type { Keys } from './keys.ts';
import { bytesOf, invalid } from './parameters.ts';

type Parameters = Record<string, unknown>;

const DATA_KEY_BYTES: Record<string, number> = { AES_128: 16, AES_256: 32 };
const MOST_DATA_KEY_BYTES = 1024;

export async function encrypt(keys: Keys, parameters: Parameters): Promise<unknown> {
  requireAlgorithm(parameters);
  const key = await symmetric(keys, parameters.KeyId);
  const sealed = sealWith(key, bytesOf(parameters, 'Plaintext'), contextOf(parameters));
  return { KeyId: key.arn, CiphertextBlob: sealed, EncryptionAlgorithm: SYMMETRIC };
}

export async function decrypt(keys: Keys, parameters: Parameters): Promise<unknown> {
  requireAlgorithm(parameters);
  const ciphertext = bytesOf(parameters, 'CiphertextBlob');
  const ids = sealedBy(ciphertext);
  if (ids === undefined) throw invalidCiphertext();
  const key = await symmetric(keys, ids.keyId);
  if (parameters.KeyId !== undefined && keys.find(parameters.KeyId).id !== key.id) {
    const message = 'The key ID in the request does not identify a CMK that can perform this operation.';
    throw new ServiceError('IncorrectKeyException', message);
  }
  const material = key.materials.find(({ id }) => id === ids.materialId);
  if (material === undefined) throw invalidCiphertext();
  let plaintext: Buffer;
  try {
    plaintext = unseal(ciphertext, Buffer.from(material.secret, 'base64'), contextOf(parameters));
  } catch {
    throw invalidCiphertext();
  }
  return { KeyId: key.arn, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: SYMMETRIC };
}

export async function generateDataKey(keys: Keys, parameters: Parameters): Promise<unknown> {
  const { KeySpec, NumberOfBytes } = parameters;
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw invalid('Please specify either number of bytes or key spec.');
  }
  const bytes = KeySpec === undefined ? Number(NumberOfBytes) : DATA_KEY_BYTES[String(KeySpec)];
  if (bytes === undefined || !Number.isInteger(bytes) || bytes < 1 || bytes > MOST_DATA_KEY_BYTES) {
    throw invalid(`A data key is AES_256, AES_128, or has 1 to ${MOST_DATA_KEY_BYTES} bytes.`);
  }
  const key = await symmetric(keys, parameters.KeyId);
  const plaintext = randomBytes(bytes);
  const sealed = sealWith(key, plaintext, contextOf(parameters));
  return { KeyId: key.arn, Plaintext: plaintext.toString('base64'), CiphertextBlob: sealed };
}

async function symmetric(keys: Keys, name: unknown): Promise<KeyRecord> {
  const key = await keys.usable(name);
  if (key.spec === SYMMETRIC) return key;
  const message = `${key.arn} key usage is SIGN_VERIFY which is not valid for encryption.`;
  throw new ServiceError('InvalidKeyUsageException', message);
}

function sealWith(key: KeyRecord, plaintext: Buffer, context: EncryptionContext): string {
  const { id, secret } = key.materials.at(-1)!;
  return seal({ keyId: key.id, materialId: id }, Buffer.from(secret, 'base64'), plaintext, context).toString('base64');
}

function contextOf({ EncryptionContext: context = {} }: Parameters): EncryptionContext {
  const pairs = Object.entries(context as object);
  if (pairs.every(([, value]) => typeof value === 'string')) return Object.fromEntries(pairs);
  throw invalid('The values of an EncryptionContext are texts');
}

function requireAlgorithm({ EncryptionAlgorithm = SYMMETRIC }: Parameters): void {
  if (EncryptionAlgorithm !== SYMMETRIC) throw invalid(`The engine does not know the algorithm ${String(EncryptionAlgorithm)}`);
}

/** KMS tells nothing about why. */
function invalidCiphertext(): ServiceError {
  return new ServiceError('InvalidCiphertextException', '');
}
