import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readOwnerFile, writeOwnerFile } from '../owner-file.ts';
import { SIGNING_SPECS, SYMMETRIC } from './key-specs.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** What a key encrypts or signs with. */
export interface Material {
  id: string;
  /** Base64 of 32 bytes, or a private key in PEM. */
  secret: string;
}

/** All that is kept of a key. */
export interface KeyRecord {
  id: string;
  arn: string;
  spec: string;
  description: string;
  created: string;
  state: KeyState;
  /** Of a key in the state PendingDeletion. */
  deletionDate?: string;
  /** The newest last; none before the first use, and none after the deletion. */
  materials: Material[];
}

/** One file per key. */
export class KeyFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(id: string): KeyRecord | undefined {
    return readOwnerFile<KeyRecord>(this.#file(id));
  }

  write(record: KeyRecord): void {
    writeOwnerFile(this.#file(record.id), record);
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** New material for a key of this spec. */
export async function makeMaterial(spec: string): Promise<Material> {
  const id = randomUUID();
  if (spec === SYMMETRIC) return { id, secret: randomBytes(32).toString('base64') };
  const { kind, curve, bits } = SIGNING_SPECS[spec]!;
  const generate = promisify(generateKeyPair);
  const { privateKey } =
    kind === 'ec' ? await generate('ec', { namedCurve: curve! }) : await generate('rsa', { modulusLength: bits! });
  return { id, secret: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}
