import type { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { NamedError } from '../contract/errors.ts';
import type { Vault } from './vault.ts';

/** A stored artifact as a stream of its decompressed bytes; a damaged frame or one that is cut makes the stream fail. */
export async function openZstd(vault: Vault, key: string, versionId?: string): Promise<Readable> {
  const body = await vault.open(key, versionId);
  if (!body) throw new NamedError('ArtifactMissing', `${key} is not in the ${vault.place} any more.`);
  const stored = body as Readable;
  const plain = createZstdDecompress();
  stored.on('error', (error) => plain.destroy(error));
  plain.on('close', () => stored.destroy());
  return stored.pipe(plain);
}

/** @throws NamedError ArtifactMissing or ArchiveUnreadable. */
export async function readZstdText(vault: Vault, key: string, versionId?: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await openZstd(vault, key, versionId)) chunks.push(chunk as Buffer);
  } catch (error) {
    if (error instanceof NamedError) throw error;
    throw new NamedError('ArchiveUnreadable', `${key} cannot be decompressed: ${error instanceof Error ? error.message : error}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
