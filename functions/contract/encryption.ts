import { encode, encodeList } from './encoding.ts';

/** How an object was encrypted on the host, before it was sent. */
export const ENCRYPTIONS = ['none', 'age', 'gpg', 'gpg-symmetric', 'openssl'] as const;
export type Encryption = (typeof ENCRYPTIONS)[number];

/** What every key of an object ends with, behind the ending of its compression. */
export const ENDINGS: Record<Encryption, string> = {
  none: '',
  age: '.age',
  gpg: '.gpg',
  'gpg-symmetric': '.gpg',
  openssl: '.enc',
};

/** What the first bytes of such an object are. */
export type SealedFormat = 'age' | 'openpgp' | 'openssl';

/** Null: its bytes are not encrypted. */
export function sealedFormatOf(key: string): SealedFormat | null {
  if (key.endsWith(ENDINGS.age)) return 'age';
  if (key.endsWith(ENDINGS.gpg)) return 'openpgp';
  return key.endsWith(ENDINGS.openssl) ? 'openssl' : null;
}

/** The key without what the encryption put behind it. */
export function plainKeyOf(key: string): string {
  return sealedFormatOf(key) === null ? key : key.slice(0, key.lastIndexOf('.'));
}

/** What every document that stores something is told, as its parameters. */
export function sealParameters(encryption: {
  readonly mode: Encryption;
  readonly recipients: readonly string[];
  readonly passphraseFile: string | null;
}): Record<'encryption' | 'recipients' | 'passphraseFile', string> {
  const { mode, recipients, passphraseFile } = encryption;
  return { encryption: mode, recipients: encodeList(recipients), passphraseFile: encode(passphraseFile ?? '') };
}
