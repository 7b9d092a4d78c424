import { createHash } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { type Manifest, type StoredArtifact, serializeManifest } from '../../functions/contract/manifest.ts';
import { agentRoleName } from '../../functions/contract/names.ts';
import { Signing } from '../../functions/runtime/signing.ts';
import type { Suite } from './cli.ts';
import { commandBytes } from './command.ts';
import { EngineOnHome } from './engine-on-home.ts';
import type { TamperedVault } from './vault.ts';

type Role = StoredArtifact['role'];

/** Changes to a recovery point by somebody who makes every size and checksum match afterwards. Only a comparison with what the database held finds them. */
export class Forgery {
  readonly #vault: TamperedVault;
  readonly #id: string;

  constructor(vault: TamperedVault, id: string) {
    this.#vault = vault;
    this.#id = id;
  }

  async manifest(): Promise<Manifest> {
    return JSON.parse((await this.#vault.read(await this.#manifestKey())).toString()) as Manifest;
  }

  /** Stores the manifest as `edit` leaves it, its checksum made anew. */
  async editManifest(edit: (manifest: Manifest) => void): Promise<void> {
    const { checksum: _, ...manifest } = await this.manifest();
    edit(manifest as Manifest);
    await this.#vault.overwrite(await this.#manifestKey(), Buffer.from(serializeManifest(manifest)));
  }

  /** Signs the manifest as it stands, by somebody who has come to be the agent that seals. */
  async sign(suite: Suite): Promise<void> {
    const { checksum: _, signature, ...manifest } = await this.manifest();
    const home = await EngineOnHome.open(suite);
    try {
      const client = new KMSClient(await home.as(agentRoleName(suite.name, 'seal')));
      const signed = await new Signing(signature!.key, client).sign(manifest);
      await this.#vault.overwrite(await this.#manifestKey(), Buffer.from(serializeManifest(signed)));
    } finally {
      await home.engine.close();
    }
  }

  /** Gives an artifact other bytes. `source` is the name in the suite file. */
  async rewrite(source: string, role: Role, edit: (bytes: Buffer) => Buffer | Promise<Buffer>): Promise<void> {
    const { key } = artifactIn(await this.manifest(), source, role);
    const bytes = await edit(await this.#vault.read(key));
    await this.#vault.overwrite(key, bytes);
    await this.editManifest((manifest) =>
      Object.assign(artifactIn(manifest, source, role), factsOf(bytes, artifactIn(manifest, source, role))),
    );
  }

  /** The same inside zstd or gzip. */
  async repack(source: string, role: Role, edit: (bytes: Buffer) => Buffer): Promise<void> {
    const packer = role === 'plain-sql' ? ['gzip', '--stdout'] : ['zstd', '--quiet', '--threads=0', '-3', '--stdout'];
    await this.rewrite(source, role, async (packed) => {
      const plain = await commandBytes([packer[0]!, '--decompress', '--stdout'], { input: packed });
      return commandBytes(packer, { input: edit(plain) });
    });
  }

  /** Puts other bytes in the place of the only occurrence of a text in a dump, as long as it was: the archive stays whole. */
  async changeRow(source: string, from: string, to: string, role: Role = 'dump'): Promise<void> {
    await this.repack(source, role, (dump) => replaceOnce(dump, from, to));
  }

  async editJson(source: string, role: Role, edit: (document: unknown) => unknown): Promise<void> {
    await this.rewrite(source, role, (bytes) => Buffer.from(JSON.stringify(edit(JSON.parse(bytes.toString())))));
  }

  async #manifestKey(): Promise<string> {
    return this.#vault.key(new RegExp(`/recovery-points/${this.#id}\\.json$`));
  }
}

function artifactIn(manifest: Manifest, source: string, role: Role): StoredArtifact {
  const artifacts = manifest.sources.filter(({ name }) => name === source).flatMap((found) => found.artifacts);
  const found = artifacts.filter((artifact) => artifact.role === role);
  if (found.length !== 1) throw new Error(`${found.length} artifacts are the ${role} of ${source}`);
  return found[0]!;
}

function factsOf(bytes: Buffer, { chunkBytes }: StoredArtifact): Pick<StoredArtifact, 'bytes' | 'sha256' | 'chunks'> {
  const sha256 = (part: Buffer) => createHash('sha256').update(part).digest('hex');
  const chunks: string[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(sha256(bytes.subarray(start, start + chunkBytes)));
  return { bytes: bytes.length, sha256: sha256(bytes), chunks };
}

function replaceOnce(bytes: Buffer, from: string, to: string): Buffer {
  const [old, other] = [Buffer.from(from), Buffer.from(to)];
  if (old.length !== other.length) throw new Error(`${JSON.stringify(to)} must be as long as ${JSON.stringify(from)}`);
  const at = bytes.indexOf(old);
  if (at < 0 || bytes.indexOf(old, at + 1) >= 0) throw new Error(`${JSON.stringify(from)} must occur exactly once`);
  const changed = Buffer.from(bytes);
  other.copy(changed, at);
  return changed;
}
