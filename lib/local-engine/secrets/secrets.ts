import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { hexOf } from '../assembly/resource-types.ts';
import { readOwnerFile, writeOwnerFile } from '../owner-file.ts';
import { ServiceError } from '../service-error.ts';
import { type GeneratedSecret, generateSecret } from './generate-secret.ts';

/** A secret as its assembly declares it. */
export interface DeclaredSecret {
  arn: string;
  name: string;
  description: string | undefined;
  kmsKeyId: string | undefined;
  /** Its value where the template says it. */
  text: string | undefined;
  generate: GeneratedSecret | undefined;
}

/** A value: text or base64. */
export type SecretValue = { text: string } | { binary: string };

export interface SecretVersion {
  id: string;
  created: string;
  stages: string[];
  value: SecretValue;
}

interface SecretRecord {
  created: string;
  /** The hash of the text that the template gave last. */
  given?: string;
  /** The newest last. */
  versions: SecretVersion[];
}

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
/** As many as Secrets Manager keeps of a secret. */
const MOST_VERSIONS = 100;

/** The secrets of an assembly. What they hold lies in a file each, made when the secret first has something to hold. */
export class Secrets {
  readonly #declared: DeclaredSecret[];
  readonly #folder: string;
  readonly #clock: () => Date;

  constructor(options: { declared: DeclaredSecret[]; folder: string; clock?: () => Date }) {
    this.#declared = options.declared;
    this.#folder = options.folder;
    this.#clock = options.clock ?? (() => new Date());
  }

  /** A secret of a region by its name or its ARN, with or without the six characters at its end. Throws `ResourceNotFoundException`. */
  find(id: unknown, region: string): DeclaredSecret {
    const here = this.#declared.filter(({ arn }) => arn.split(':')[3] === region);
    const found = here.find(({ arn, name }) => [name, arn, arn.slice(0, -7)].includes(String(id)));
    if (found === undefined) throw notFound("Secrets Manager can't find the specified secret.");
    return found;
  }

  /** What is kept of a secret, with what its template says is in it. */
  read(secret: DeclaredSecret): SecretRecord {
    const record = readOwnerFile<SecretRecord>(this.#file(secret)) ?? { created: this.#clock().toISOString(), versions: [] };
    const { text, generate } = secret;
    const given = text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
    if (text !== undefined && given !== record.given) return this.#add(secret, { ...record, given }, randomUUID(), { text });
    if (text === undefined && generate !== undefined && record.versions.length === 0) {
      return this.#add(secret, record, randomUUID(), { text: generateSecret(generate) });
    }
    return record;
  }

  /**
   * Adds a version, which takes its stages away from others; what was current is the previous one then. The same version twice is one.
   * Throws `ResourceExistsException`.
   */
  put(secret: DeclaredSecret, id: string, value: SecretValue, stages = [CURRENT]): SecretVersion {
    const record = this.read(secret);
    const known = record.versions.find((version) => version.id === id);
    if (known === undefined) return this.#add(secret, record, id, value, stages).versions.at(-1)!;
    if (JSON.stringify(known.value) === JSON.stringify(value)) return known;
    const message = `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`;
    throw new ServiceError('ResourceExistsException', message);
  }

  #add(secret: DeclaredSecret, record: SecretRecord, id: string, value: SecretValue, stages = [CURRENT]): SecretRecord {
    const taken = stages.includes(CURRENT) ? [...stages, PREVIOUS] : stages;
    const others = record.versions.map((version) => {
      const was = version.stages.includes(CURRENT) && stages.includes(CURRENT);
      return { ...version, stages: [...version.stages.filter((stage) => !taken.includes(stage)), ...(was ? [PREVIOUS] : [])] };
    });
    const version = { id, created: this.#clock().toISOString(), stages, value };
    const unstaged = others.filter((other) => other.stages.length === 0).slice(0, Math.max(0, others.length + 1 - MOST_VERSIONS));
    const changed = { ...record, versions: [...others.filter((other) => !unstaged.includes(other)), version] };
    writeOwnerFile(this.#file(secret), changed);
    return changed;
  }

  #file({ arn, name }: DeclaredSecret): string {
    return join(this.#folder, `${name.replace(/[^A-Za-z0-9._-]/g, '_').slice(-80)}.${hexOf(arn, 16)}.json`);
  }
}

export function notFound(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
