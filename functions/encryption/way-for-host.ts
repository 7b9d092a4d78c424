import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { wrapFileKey } from './age-header.ts';
import { identityOf, identityText } from './age-keys.ts';
import type { Opened } from './open-header.ts';

/** What lets a host open one object, as parameters of a document: text that opens nothing without the key that the host made for its run. */
export interface WayIn {
  readonly sealed: 'none' | Opened['format'];
  /** Base64 of RSA: an age identity that was made for this object, a session key of OpenPGP, or openssl's passphrase. */
  readonly opener: string;
  /** Base64: stands in the place of the first `headerBytes` bytes. */
  readonly header: string;
  readonly headerBytes: string;
}

export const OPEN: WayIn = { sealed: 'none', opener: '', header: '', headerBytes: '0' };

/** `publicKey`: of the host's key for this run, DER in base64 (functions/encryption/make-key.sh). */
export function wayForHost(opened: Opened, publicKey: string): WayIn {
  const seal = (text: Buffer) => sealed(text, publicKey);
  const base = { sealed: opened.format, header: '', headerBytes: '0' };
  switch (opened.format) {
    case 'age': {
      const once = randomBytes(32);
      const header = wrapFileKey(opened.fileKey, identityOf(once).publicKey).toString('base64');
      return { ...base, opener: seal(Buffer.from(`${identityText(once)}\n`)), header, headerBytes: String(opened.headerBytes) };
    }
    case 'openpgp': {
      const { cipher, key } = opened.session;
      return { ...base, opener: seal(Buffer.from(`${cipher}:${key.toString('hex').toUpperCase()}\n`)) };
    }
    case 'openssl':
      return { ...base, opener: seal(Buffer.concat([opened.passphrase, Buffer.from('\n')])) };
  }
}

function sealed(bytes: Buffer, publicKey: string): string {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, bytes).toString('base64');
}
