import { ServiceError } from '../service-error.ts';
import { KeyFolder, type KeyRecord, makeMaterial } from './key-file.ts';
import { SYMMETRIC } from './key-specs.ts';

/** A key as its assembly declares it. */
export interface DeclaredKey {
  id: string;
  arn: string;
  spec: string;
  description: string;
  enabled: boolean;
}

export interface KeysOptions {
  declared: DeclaredKey[];
  /** Alias names (`alias/…`) with the id of their key. */
  aliases: Record<string, string>;
  /** Holds a file per key. */
  folder: string;
  clock?: () => Date;
}

/** Keys that AWS manages (`alias/aws/s3`) can neither be disabled nor lost. */
const OF_AWS = /(^|:)alias\/aws\//;

/**
 * The keys of an assembly, and those that were used once and are gone from it. State and material are files: whoever deletes one has
 * lost the key, and a new one is made under the same name.
 */
export class Keys {
  readonly #declared: Map<string, DeclaredKey>;
  readonly #aliases: Map<string, string>;
  readonly #folder: KeyFolder;
  readonly #clock: () => Date;
  readonly #making = new Map<string, Promise<KeyRecord>>();

  constructor({ declared, aliases, folder, clock = () => new Date() }: KeysOptions) {
    this.#declared = new Map(declared.map((key) => [key.id, key]));
    this.#aliases = new Map(Object.entries(aliases));
    this.#folder = new KeyFolder(folder);
    this.#clock = clock;
  }

  /** A key by its id, its ARN, or the name or the ARN of an alias, as its file says it is. Throws `NotFoundException`. */
  find(name: unknown): KeyRecord {
    const text = String(name);
    const [, alias] = /^(?:arn:[^:]*:kms:[^:]*:[^:]*:)?(alias\/.+)$/.exec(text) ?? [];
    if (alias !== undefined) {
      const target = this.#aliases.get(alias);
      if (target === undefined) throw notFound(`Alias ${text} is not found.`);
      return this.find(target);
    }
    const id = text.slice(text.lastIndexOf('/') + 1);
    const declared = this.#declared.get(id);
    const record = /^[0-9a-f-]{36}$/.test(id) ? (this.#folder.read(id) ?? (declared && this.#asDeclared(declared))) : undefined;
    if (record === undefined || (text.startsWith('arn:') && text !== record.arn)) throw notFound(`Key '${text}' does not exist`);
    if (record.deletionDate !== undefined && new Date(record.deletionDate) <= this.#clock()) {
      // What it held is gone for good, also where its file was copied before.
      if (record.materials.length > 0) this.#folder.write({ ...record, materials: [] });
      throw notFound(`Key '${text}' does not exist`);
    }
    return record;
  }

  /** A key whose state allows its use; it has material from then on. Throws `DisabledException` or `KMSInvalidStateException`. */
  async usable(name: unknown): Promise<KeyRecord> {
    const record = this.find(name);
    if (record.state === 'Disabled') throw new ServiceError('DisabledException', `${record.arn} is disabled.`);
    if (record.state === 'PendingDeletion') throw invalidState(`${record.arn} is pending deletion.`);
    if (record.materials.length > 0) return record;
    const making = this.#making.get(record.id) ?? this.#addMaterial(record).finally(() => this.#making.delete(record.id));
    this.#making.set(record.id, making);
    return making;
  }

  /** Whether another service may encrypt and decrypt with a key now; throws as {@link usable} where it may not. */
  async requireForEncryption(name: string): Promise<void> {
    if (OF_AWS.test(name)) return;
    const { arn, spec } = await this.usable(name);
    if (spec !== SYMMETRIC) throw new ServiceError('InvalidKeyUsageException', `${arn} key usage is SIGN_VERIFY.`);
  }

  /** Makes new material, which everything is encrypted with from now on; the old one still decrypts. */
  rotate(record: KeyRecord): Promise<KeyRecord> {
    return this.#addMaterial(record);
  }

  change(record: KeyRecord, change: Pick<KeyRecord, 'state' | 'deletionDate'>): KeyRecord {
    const changed = { ...record, ...change };
    this.#folder.write(changed);
    return changed;
  }

  get now(): Date {
    return this.#clock();
  }

  #asDeclared({ enabled, ...facts }: DeclaredKey): KeyRecord {
    return { ...facts, created: this.#clock().toISOString(), state: enabled ? 'Enabled' : 'Disabled', materials: [] };
  }

  async #addMaterial(record: KeyRecord): Promise<KeyRecord> {
    const changed = { ...record, materials: [...record.materials, await makeMaterial(record.spec)] };
    this.#folder.write(changed);
    return changed;
  }
}

export function invalidState(message: string): ServiceError {
  return new ServiceError('KMSInvalidStateException', message);
}

function notFound(message: string): ServiceError {
  return new ServiceError('NotFoundException', message);
}
