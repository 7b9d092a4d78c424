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

/** An alias is a name within a region: `alias/…` */
export interface DeclaredAlias {
  name: string;
  region: string;
  keyId: string;
}

export interface KeysOptions {
  declared: DeclaredKey[];
  aliases: DeclaredAlias[];
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
  readonly #options: KeysOptions;
  readonly #region: string | undefined;
  readonly #folder: KeyFolder;
  /** Material that is being made, by the id of its key. */
  readonly #making: Map<string, Promise<KeyRecord>>;

  constructor(options: KeysOptions, region?: string, making = new Map<string, Promise<KeyRecord>>()) {
    this.#options = options;
    this.#region = region;
    this.#folder = new KeyFolder(options.folder);
    this.#making = making;
  }

  /** The keys as somebody in a region sees them: no others. */
  in(region: string): Keys {
    return new Keys(this.#options, region, this.#making);
  }

  /** A key by its id, its ARN, or the name or the ARN of an alias, as its file says it is. Throws `NotFoundException`. */
  find(name: unknown): KeyRecord {
    const record = this.#named(String(name));
    if (this.#region === undefined || record.arn.split(':')[3] === this.#region) return record;
    throw notFound(`Key '${String(name)}' does not exist`);
  }

  #named(text: string): KeyRecord {
    const [, where, alias] = /^(?:arn:[^:]*:kms:([^:]*):[^:]*:)?(alias\/.+)$/.exec(text) ?? [];
    if (alias !== undefined) {
      const region = where ?? this.#region;
      const target = this.#options.aliases.find((one) => one.name === alias && (region === undefined || one.region === region));
      if (target === undefined) throw notFound(`Alias ${text} is not found.`);
      return this.#named(target.keyId);
    }
    const id = text.slice(text.lastIndexOf('/') + 1);
    const declared = this.#options.declared.find((key) => key.id === id);
    const record = /^[0-9a-f-]{36}$/.test(id) ? (this.#folder.read(id) ?? (declared && this.#asDeclared(declared))) : undefined;
    if (record === undefined || (text.startsWith('arn:') && text !== record.arn)) throw notFound(`Key '${text}' does not exist`);
    if (record.deletionDate !== undefined && new Date(record.deletionDate) <= this.now) {
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
    return this.#options.clock?.() ?? new Date();
  }

  #asDeclared({ enabled, ...facts }: DeclaredKey): KeyRecord {
    return { ...facts, created: this.now.toISOString(), state: enabled ? 'Enabled' : 'Disabled', materials: [] };
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
