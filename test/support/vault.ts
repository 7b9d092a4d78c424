import { existsSync } from 'node:fs';
import { open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDigest } from '../../lib/local-engine/s3/checksums.ts';
import { objectsFolder, uniqueName, versionName } from '../../lib/local-engine/s3/layout.ts';
import type { ObjectVersion, Version } from '../../lib/local-engine/s3/version.ts';

/**
 * The vault of a local home, read and tampered with behind the engine's back. Only while no command runs on that home: an engine keeps
 * what it knows about versions in memory.
 */
export class TamperedVault {
  readonly #objects: string;

  private constructor(objects: string) {
    this.#objects = objects;
  }

  static async open(home: string, which: 'vault' | 'replica' = 'vault'): Promise<TamperedVault> {
    const stores = join(home, 's3');
    const isPart = (name: string) => existsSync(join(stores, name, 'bucket.json')) && !/-logsbucket[0-9a-f]{8}$/.test(name);
    const isReplica = (name: string) => /-replica-\d{12}$/.test(name);
    const buckets = (await readdir(stores)).filter(isPart).filter((name) => isReplica(name) === (which === 'replica'));
    if (buckets.length !== 1) throw new Error(`${stores} holds ${buckets.length} buckets: ${buckets.join(', ')}`);
    return new TamperedVault(objectsFolder(stores, buckets[0]!));
  }

  /** Keys that have bytes now, in order. */
  async keys(): Promise<string[]> {
    const versions = await this.#versions();
    const keys = [...new Set(versions.map(({ key }) => key))].sort();
    return keys.filter((key) => newest(versions, key)?.deleteMarker === false);
  }

  /** The only key that matches. @throws Error when none or several do */
  async key(pattern: RegExp): Promise<string> {
    const keys = await this.keys();
    const found = keys.filter((key) => pattern.test(key));
    if (found.length !== 1) throw new Error(`${found.length} keys match ${pattern}; there are:\n${keys.join('\n')}`);
    return found[0]!;
  }

  /** The file with the bytes of a key's newest version. */
  async file(key: string): Promise<string> {
    return join(this.#objects, (await this.#object(key)).file);
  }

  async read(key: string): Promise<Buffer> {
    return readFile(await this.file(key));
  }

  /** As a disk may lose bytes: to half its length unless `bytes` says how many stay. */
  async truncate(key: string, bytes?: number): Promise<void> {
    const file = await this.file(key);
    await truncate(file, bytes ?? Math.floor((await readFile(file)).length / 2));
  }

  /** In the middle unless `offset` (bytes) is given. */
  async flipBit(key: string, offset?: number): Promise<void> {
    const path = await this.file(key);
    const file = await open(path, 'r+');
    const position = offset ?? Math.floor((await file.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, position);
    await file.write(Buffer.from([byte[0]! ^ 1]), 0, 1, position);
    await file.close();
  }

  /** Every version of a key goes, as by somebody with the right to delete versions. */
  async delete(key: string): Promise<void> {
    for (const version of await this.#versions()) {
      if (version.key !== key) continue;
      if (!version.deleteMarker) await rm(join(this.#objects, version.file), { force: true });
      await rm(this.#facts(version));
    }
  }

  /** The key is deleted as a client does it: its versions stay behind a marker. */
  async hide(key: string): Promise<void> {
    await this.#writeFacts({ key, ...(await this.#nextEntry()), deleteMarker: true });
  }

  /** Somebody wrote the key again: the old version stays behind the new one. */
  async replace(key: string, bytes: Uint8Array): Promise<void> {
    const entry = await this.#nextEntry();
    const version: ObjectVersion = { ...(await this.#object(key)), ...entry, file: versionName(key, entry.versionId) };
    await this.#write(version, bytes);
  }

  /** Somebody wrote below a key that was free, as what lies below another was written. */
  async plant(key: string, bytes: Uint8Array, like: string): Promise<void> {
    const entry = await this.#nextEntry();
    const version: ObjectVersion = { ...(await this.#object(like)), ...entry, key, file: versionName(key, entry.versionId) };
    await this.#write(version, bytes);
  }

  /** The same version with other bytes, and everything the store knows about them made to match. */
  async overwrite(key: string, bytes: Uint8Array): Promise<void> {
    await this.#write(await this.#object(key), bytes);
  }

  /** As a lifecycle rule does it. `thawed`: somebody has asked for a copy, which comes then. */
  async archive(key: string, storageClass: 'GLACIER' | 'DEEP_ARCHIVE', thawed?: ObjectVersion['thawed']): Promise<void> {
    const { thawed: _, ...version } = await this.#object(key);
    await this.#writeFacts({ ...version, storageClass, ...(thawed && { thawed }) });
  }

  /** Whether somebody has asked for a copy of what is archived. */
  async isThawed(key: string): Promise<boolean> {
    return (await this.#object(key)).thawed !== undefined;
  }

  /** The words that the tag `retention` has on what a point consists of now: its manifest, artifacts and proofs. */
  async words(id: string): Promise<string[]> {
    const keys = (await this.keys()).filter((key) => /\/(recovery-points|artifacts|proofs)\//.test(key) && key.includes(id));
    const objects = await Promise.all(keys.map((key) => this.#object(key)));
    return [...new Set(objects.map(({ tags }) => tags.find((tag) => tag.key === 'retention')?.value ?? 'none'))];
  }

  async #write(version: ObjectVersion, bytes: Uint8Array): Promise<void> {
    const digest = startDigest(version.checksum.algorithm);
    digest.update(Buffer.from(bytes));
    const checksum = { ...version.checksum, type: 'FULL_OBJECT', value: digest.digest().toString('base64') } as const;
    await writeFile(join(this.#objects, version.file), bytes);
    await this.#writeFacts({ ...version, size: bytes.length, checksum });
  }

  async #object(key: string): Promise<ObjectVersion> {
    const version = newest(await this.#versions(), key);
    if (version === undefined || version.deleteMarker) throw new Error(`The vault has no ${key}`);
    return version;
  }

  async #versions(): Promise<Version[]> {
    // `<name>.json` is what the store knows of the version whose bytes are `<name>`.
    const names = (await readdir(this.#objects)).filter((name) => name.endsWith('.json'));
    return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(this.#objects, name), 'utf8')) as Version));
  }

  async #nextEntry(): Promise<{ versionId: string; sequence: number; lastModified: string }> {
    const sequence = 1 + Math.max(0, ...(await this.#versions()).map((version) => version.sequence));
    return { versionId: uniqueName(), sequence, lastModified: new Date().toISOString() };
  }

  #facts({ key, versionId }: Version): string {
    return join(this.#objects, `${versionName(key, versionId)}.json`);
  }

  async #writeFacts(version: Version): Promise<void> {
    await writeFile(this.#facts(version), `${JSON.stringify(version)}\n`);
  }
}

function newest(versions: readonly Version[], key: string): Version | undefined {
  return versions.filter((version) => version.key === key).sort((one, other) => other.sequence - one.sequence)[0];
}
