import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Manifests and proofs are signed, so that nobody can write one who may write into the vault but not use the key. */
export const signatureSchema = z.object({
  algorithm: z.literal('ECDSA_SHA_256'),
  /** ARN of the key. */
  key: z.string(),
  /** Base64 of the DER form. */
  value: z.string(),
});
export type Signature = z.infer<typeof signatureSchema>;

/**
 * What is signed of a document: its JSON in one line without signature and checksum, in the order of keys that the text which was stored has.
 * Which suite and which point it is about is in it.
 */
export function signedText(document: object): string {
  const { signature: _signature, checksum: _checksum, ...signed } = document as Record<string, unknown>;
  return JSON.stringify(signed);
}

export function signedDigest(document: object): Buffer {
  return createHash('sha256').update(signedText(document)).digest();
}

/** The signature in a document that was parsed as JSON and nothing more; undefined when it has none, or none of this form. */
export function signatureOf(document: unknown): Signature | undefined {
  return z.object({ signature: signatureSchema }).safeParse(document).data?.signature;
}
