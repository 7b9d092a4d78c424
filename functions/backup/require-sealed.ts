import { ENDINGS, type Encryption, sealedFormatOf } from '../contract/encryption.ts';
import { NamedError } from '../contract/errors.ts';
import type { StoredArtifact } from '../contract/manifest.ts';
import { sealedFor } from '../encryption/open-header.ts';

/** What the suite file says of encryption, as far as it can be seen from outside. */
export interface Wanted {
  readonly mode: Encryption;
  readonly recipients: readonly string[];
}

type Claimed = Pick<StoredArtifact, 'key' | 'encryption'>;

/** Judged before a byte is read. @throws NamedError CaptureIncomplete */
export function requireClaim({ key, encryption }: Claimed, { mode }: Wanted): void {
  if (encryption !== mode) throw refused(key, `it is "${encryption}", not "${mode}"`);
  const named = mode === 'none' ? sealedFormatOf(key) === null : key.endsWith(ENDINGS[mode]);
  if (!named) throw refused(key, `its name does not end as that of one with "${mode}"`);
}

/**
 * Whom a stored object is encrypted to. A host that sends in clear what should be encrypted, or to fewer than it should, must not make a point
 * of it. `head`: its first bytes. @throws NamedError CaptureIncomplete
 */
export function requireSealed({ key }: Claimed, head: Buffer, { mode, recipients }: Wanted): string[] | undefined {
  const found = sealedFor(key, head);
  if (!found) throw refused(key, 'its first bytes are not those of such a file');
  if (found.recipients !== recipients.length)
    throw refused(key, `it is for ${found.recipients} recipients, not ${recipients.length}`);
  if (mode === 'age') return [...recipients];
  if (mode === 'gpg') return [...found.keyIds];
  if (found.passphrases === 0) throw refused(key, 'no passphrase opens it');
  return undefined;
}

function refused(key: string, what: string): NamedError {
  return new NamedError('CaptureIncomplete', `${key} is not encrypted as the suite file says: ${what}.`);
}
