import { keyPackets } from './pgp-keys.ts';
import { TAG } from './pgp-packets.ts';

/** What keeps a text from being a key that gpg can encrypt to; undefined when it can. Whether it has expired, only gpg on the host tells. */
export function recipientProblem(text: string): string | undefined {
  if (/PRIVATE KEY BLOCK/.test(text)) return 'is a private key: remove it here, and make a new one';
  const blocks = keyPackets(text, 'PUBLIC');
  if (blocks.length !== 1 || blocks[0]!.length === 0) return 'must be one "-----BEGIN PGP PUBLIC KEY BLOCK-----"';
  if (blocks[0]!.filter(({ tag }) => tag === TAG.publicKey).length > 1) return 'holds several keys; give each a text of its own';
  if (blocks[0]!.every(({ parameters }) => parameters === null)) return 'has no key to encrypt to that is RSA or a known curve';
  return undefined;
}
