import { ServiceError } from '../service-error.ts';

/** Plaintexts, messages: "Maximum length of 4096" (KMS API reference, Encrypt and Sign). */
const MOST_BYTES = 4096;
const MOST_CIPHERTEXT_BYTES = 6144;

/** The bytes of a base64 parameter. Throws `ValidationException`. */
export function bytesOf(parameters: Record<string, unknown>, name: string): Buffer {
  const value = parameters[name];
  const most = ['CiphertextBlob', 'Signature'].includes(name) ? MOST_CIPHERTEXT_BYTES : MOST_BYTES;
  if (typeof value !== 'string') throw invalid(`Value at '${name}' failed to satisfy constraint: Member must not be null`);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length < 1 || bytes.length > most) {
    throw invalid(`Value at '${name}' failed to satisfy constraint: Member must have length between 1 and ${most}`);
  }
  return bytes;
}

export function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
