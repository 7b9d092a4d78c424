import { plainKeyOf, type SealedFormat, sealedFormatOf } from '../contract/encryption.ts';
import { NamedError } from '../contract/errors.ts';
import { parseAgeHeader, recipientsOf, unwrapFileKey } from './age-header.ts';
import type { Keyring } from './keyring.ts';
import { firstBlock, keyOfSalt, OPENSSL_HEADER_BYTES, type OpensslKey, saltOf } from './openssl-payload.ts';
import { fits } from './pgp-payload.ts';
import { parsePgpHeader, type SessionKey, sessionKeyByKey, sessionKeysByPassphrase } from './pgp-session-key.ts';

/** So many first bytes of an object hold its header, of a hundred recipients, too. */
export const HEAD_BYTES = 64 * 1024;

/** What opens one stored object, and nothing else. */
export type Opened = { readonly headerBytes: number; readonly openedBy: string } & (
  | { readonly format: 'age'; readonly fileKey: Buffer }
  /** Its data is one packet, which has no use without its header: `headerBytes` is where that begins. */
  | { readonly format: 'openpgp'; readonly session: SessionKey }
  | { readonly format: 'openssl'; readonly key: OpensslKey; readonly passphrase: Buffer }
);

/** For whom an object is encrypted, as far as its header tells without any key. */
export interface SealedFor {
  /** Key ids of OpenPGP; age does not tell who, only how many. */
  readonly keyIds: readonly string[];
  readonly recipients: number;
  readonly passphrases: number;
}

/** Undefined: the bytes are not what the key's ending says. */
export function sealedFor(key: string, head: Buffer): SealedFor | undefined {
  switch (sealedFormatOf(key)) {
    case 'age': {
      const header = parseAgeHeader(head);
      return header && { keyIds: [], recipients: recipientsOf(header), passphrases: 0 };
    }
    case 'openpgp': {
      const header = parsePgpHeader(head);
      const keyIds = header?.recipients.map(({ keyId }) => keyId) ?? [];
      return header && { keyIds, recipients: keyIds.length, passphrases: header.passphrases.length };
    }
    case 'openssl':
      return saltOf(head) && { keyIds: [], recipients: 0, passphrases: 1 };
    default:
      return undefined;
  }
}

/**
 * Opens the header of the object with this key. @throws NamedError KeyMissing: there is no key of that kind at all; KeyWrong: none of those
 * there are opens it; ArchiveUnreadable: it is no such header.
 */
export function openHeader(key: string, head: Buffer, keyring: Keyring): Opened {
  const format = sealedFormatOf(key)!;
  if (!sealedFor(key, head)) throw new NamedError('ArchiveUnreadable', `${key} does not begin as its ending says.`);
  const opened = WAYS[format](key, head, keyring);
  if (opened) return opened;
  const broken = keyring.broken.length > 0 ? ` Of the secret ${keyring.broken.join(', ')}.` : '';
  const [count, what] = NEEDED[format](keyring, head);
  if (count === 0) throw new NamedError('KeyMissing', `Nothing can open ${key}: there is no ${what}.${broken}`);
  const none = count === 1 ? `The only ${what} does` : `None of ${count}, each ${article(what)}, does`;
  throw new NamedError('KeyWrong', `${none} not open ${key}${forWhom(head, format)}.${broken}`);
}

const WAYS: Record<SealedFormat, (key: string, head: Buffer, keyring: Keyring) => Opened | undefined> = {
  age: (_key, head, { ageIdentities }) => {
    const header = parseAgeHeader(head)!;
    const found = unwrapFileKey(header, ageIdentities);
    return found && { format: 'age', headerBytes: header.bytes, openedBy: found.identity.recipient, fileKey: found.fileKey };
  },
  openpgp: (_key, head, { pgpKeys, passphrases }) => {
    const header = parsePgpHeader(head)!;
    const begin = head.subarray(header.bytes);
    const byKey = sessionKeyByKey(header, pgpKeys, passphrases);
    if (byKey && fits(begin, byKey.session)) {
      return { format: 'openpgp', headerBytes: header.bytes, openedBy: byKey.key.keyId, session: byKey.session };
    }
    for (const [index, passphrase] of passphrases.entries()) {
      const session = sessionKeysByPassphrase(header, passphrase).find((one) => fits(begin, one));
      if (session) return { format: 'openpgp', headerBytes: header.bytes, openedBy: nth(index, passphrases), session };
    }
    return undefined;
  },
  openssl: (key, head, { passphrases }) => {
    const salt = saltOf(head)!;
    for (const [index, passphrase] of passphrases.entries()) {
      const derived = keyOfSalt(passphrase, salt);
      if (!beginsAs(plainKeyOf(key), firstBlock(head, derived))) continue;
      return {
        format: 'openssl',
        headerBytes: OPENSSL_HEADER_BYTES,
        openedBy: nth(index, passphrases),
        key: derived,
        passphrase,
      };
    }
    return undefined;
  },
};

/** How many there are of what could open it, and what that is called. */
const NEEDED: Record<SealedFormat, (keyring: Keyring, head: Buffer) => [number, string]> = {
  age: ({ ageIdentities }) => [ageIdentities.length, 'age identity'],
  openpgp: ({ pgpKeys, passphrases }, head) =>
    parsePgpHeader(head)!.recipients.length > 0 ? [pgpKeys.length, 'PGP key'] : [passphrases.length, 'passphrase'],
  openssl: ({ passphrases }) => [passphrases.length, 'passphrase'],
};

function article(what: string): string {
  return `${/^[aeiou]/i.test(what) ? 'an' : 'a'} ${what}`;
}

function forWhom(head: Buffer, format: SealedFormat): string {
  const ids = format === 'openpgp' ? parsePgpHeader(head)!.recipients.map(({ keyId }) => keyId) : [];
  return ids.length > 0 ? `, which is for ${ids.join(', ')}` : '';
}

function nth(index: number, passphrases: readonly Buffer[]): string {
  return `passphrase ${index + 1} of ${passphrases.length}`;
}

/** What our own files begin with: with another passphrase these bytes are chance. */
function beginsAs(plainKey: string, bytes: Buffer): boolean {
  const magic = plainKey.endsWith('.zst')
    ? '28b52ffd'
    : plainKey.endsWith('.gz')
      ? '1f8b08'
      : Buffer.from('{"schema":').toString('hex');
  return bytes.toString('hex').startsWith(magic);
}
