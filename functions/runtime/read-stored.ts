import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { plainKeyOf, sealedFormatOf } from '../contract/encryption.ts';
import { NamedError } from '../contract/errors.ts';
import { ByteReader } from '../encryption/byte-reader.ts';
import { decrypt } from '../encryption/decrypt.ts';
import type { Keyring } from '../encryption/keyring.ts';
import { HEAD_BYTES, type Opened, openHeader } from '../encryption/open-header.ts';
import { readKeys } from './keys.ts';
import type { Vault } from './vault.ts';

export interface StoredObject {
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
}

/**
 * A stored artifact as a stream of what it was before it was compressed and encrypted, which its key's endings tell. A frame that is damaged or cut, or bytes
 * that were changed since they were encrypted, make the stream fail. @throws NamedError ArtifactMissing, KeyMissing, KeyWrong
 */
export async function openStored(vault: Vault, key: string, versionId?: string): Promise<Readable> {
  const body = (await vault.open(key, versionId)) as Readable | undefined;
  if (!body) throw new NamedError('ArtifactMissing', `${key} is not in the ${vault.place} any more.`);
  const stored = sealedFormatOf(key) === null ? body : await decrypted(body, key);
  const plainKey = plainKeyOf(key);
  const unpack = plainKey.endsWith('.zst') ? createZstdDecompress() : plainKey.endsWith('.gz') ? createGunzip() : null;
  if (!unpack) return stored;
  stored.on('error', (error) => unpack.destroy(error));
  unpack.on('close', () => {
    stored.destroy();
    body.destroy();
  });
  return stored.pipe(unpack);
}

/** @throws NamedError as `openStored` does, and ArchiveUnreadable */
export async function readStoredText(vault: Vault, key: string, versionId?: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await openStored(vault, key, versionId)) chunks.push(chunk as Buffer);
  } catch (error) {
    if (error instanceof NamedError) throw error;
    throw new NamedError(
      'ArchiveUnreadable',
      `${key} cannot be read to its end: ${error instanceof Error ? error.message : error}`,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What opens the object, from its first bytes. @throws NamedError ArtifactMissing, KeyMissing, KeyWrong, ArchiveUnreadable */
export async function openObject(vault: Vault, object: StoredObject, keyring: Promise<Keyring>): Promise<Opened> {
  // Together: a keyring that fails while nobody waits for it would end the function.
  const [head, keys] = await Promise.all([headOf(vault, object), keyring]);
  return openHeader(object.key, head, keys);
}

/** Its first bytes, with the whole header in them. @throws NamedError ArtifactMissing */
export async function headOf(vault: Vault, { key, versionId, bytes }: StoredObject): Promise<Buffer> {
  const body = await vault.openRange(key, versionId, 0, Math.min(bytes, HEAD_BYTES) - 1);
  if (!body) throw new NamedError('ArtifactMissing', `${key} is not in the ${vault.place} any more.`);
  return Buffer.from(await body.transformToByteArray());
}

async function decrypted(body: Readable, key: string): Promise<Readable> {
  try {
    const keyring = await readKeys();
    const reader = new ByteReader(body);
    return Readable.from(decrypt(reader, openHeader(key, await reader.peek(HEAD_BYTES), keyring)), { objectMode: false });
  } catch (error) {
    body.destroy();
    throw error;
  }
}
