import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** The additional data that a ciphertext is bound to. */
export type EncryptionContext = Record<string, string>;

const FORMAT = 1;
const ID_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + 2 * ID_BYTES + IV_BYTES + TAG_BYTES;

/** What a ciphertext says about itself: the ids of its key and of the material of that key. */
export interface Sealed {
  keyId: string;
  materialId: string;
}

/** AES-256-GCM under a key's material. The ciphertext names both, so that Decrypt needs nothing else, as in KMS. */
export function seal(ids: Sealed, material: Buffer, plaintext: Buffer, context: EncryptionContext): Buffer {
  const iv = randomBytes(IV_BYTES);
  const head = Buffer.concat([Buffer.from([FORMAT]), uuidBytes(ids.keyId), uuidBytes(ids.materialId)]);
  const cipher = createCipheriv('aes-256-gcm', material, iv);
  cipher.setAAD(Buffer.concat([head, contextBytes(context)]));
  const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([head, iv, cipher.getAuthTag(), encrypted]);
}

/** Undefined for what is no ciphertext of this engine. */
export function sealedBy(ciphertext: Buffer): Sealed | undefined {
  if (ciphertext.length < HEAD_BYTES || ciphertext[0] !== FORMAT) return undefined;
  return {
    keyId: uuidText(ciphertext.subarray(1, 1 + ID_BYTES)),
    materialId: uuidText(ciphertext.subarray(1 + ID_BYTES, 1 + 2 * ID_BYTES)),
  };
}

/** Throws where the ciphertext, its material or its context is another one. */
export function unseal(ciphertext: Buffer, material: Buffer, context: EncryptionContext): Buffer {
  const head = ciphertext.subarray(0, 1 + 2 * ID_BYTES);
  const iv = ciphertext.subarray(head.length, head.length + IV_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', material, iv);
  decipher.setAAD(Buffer.concat([head, contextBytes(context)]));
  decipher.setAuthTag(ciphertext.subarray(HEAD_BYTES - TAG_BYTES, HEAD_BYTES));
  return Buffer.concat([decipher.update(ciphertext.subarray(HEAD_BYTES)), decipher.final()]);
}

/** The order of the pairs does not matter, their case does (KMS developer guide, Encryption context). */
function contextBytes(context: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
