import { decryptAge } from './age-payload.ts';
import type { ByteReader } from './byte-reader.ts';
import type { Opened } from './open-header.ts';
import { decryptOpenssl } from './openssl-payload.ts';
import { decryptPgp } from './pgp-payload.ts';

/** The plain bytes of an object that stands at its very beginning. */
export function decrypt(object: ByteReader, opened: Opened): AsyncGenerator<Buffer> {
  object.skip(opened.headerBytes);
  switch (opened.format) {
    case 'age':
      return decryptAge(object, opened.fileKey);
    case 'openpgp':
      return decryptPgp(object, opened.session);
    case 'openssl':
      return decryptOpenssl(object, opened.key);
  }
}
