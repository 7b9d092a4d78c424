import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { signatureOf, signedText } from '../../functions/contract/signature.ts';
import { OperatorError, toOperatorError } from './operator-error.ts';

/** Whether a stored document is what somebody signed who may; `message` ends a sentence about it. `unchecked`: there was no key to check it with. */
export interface Judgement {
  state: 'signed' | 'unsigned' | 'forged' | 'unchecked';
  message: string;
}

/** The public half of the key that signs evidence. */
export interface PublicKey {
  arn: string;
  /** PEM, as openssl reads it. */
  pem: string;
  /** Of its DER form: short enough to be kept on paper, and compared. */
  sha256: string;
}

/** Signatures are checked on the operator's own machine: of all that runs in the account only the key has to be believed. It is fetched when it is first needed. */
export class Evidence {
  readonly #client: KMSClient;
  readonly #arn: string;
  #fetched: Promise<KeyObject> | undefined;

  constructor(client: KMSClient, arn: string) {
    this.#client = client;
    this.#arn = arn;
  }

  /** What was written into the vault, as it was read there. */
  async judge(text: string): Promise<Judgement> {
    const document = parse(text);
    if (document === undefined) return { state: 'forged', message: 'is no JSON object' };
    const signature = signatureOf(document);
    if (signature === undefined) {
      const message = 'has no signature: it was made before evidence was signed, or by somebody who could not sign it';
      return { state: 'unsigned', message };
    }
    // Whose key it is must not be decided by the document.
    if (signature.key !== this.#arn)
      return { state: 'forged', message: `is signed with ${signature.key}, not with the key of the vault` };
    const unusable = await this.problem();
    if (unusable !== null) return { state: 'unchecked', message: `could not be checked: ${unusable.message}` };
    const holds = verify('sha256', Buffer.from(signedText(document)), await this.#key(), Buffer.from(signature.value, 'base64'));
    return holds ? { state: 'signed', message: 'is signed' } : { state: 'forged', message: 'is not what was signed' };
  }

  /** Why nothing can be checked; null when it can. */
  async problem(): Promise<OperatorError | null> {
    try {
      await this.#key();
      return null;
    } catch (error) {
      const { name, message } = toOperatorError(error);
      return new OperatorError(name, `The key that signs evidence cannot be fetched: ${message}`);
    }
  }

  async publicKey(): Promise<PublicKey | null> {
    if ((await this.problem()) !== null) return null;
    const key = await this.#key();
    return {
      arn: this.#arn,
      pem: key.export({ type: 'spki', format: 'pem' }) as string,
      sha256: createHash('sha256')
        .update(key.export({ type: 'spki', format: 'der' }))
        .digest('hex'),
    };
  }

  #key(): Promise<KeyObject> {
    this.#fetched ??= this.#fetch();
    return this.#fetched;
  }

  async #fetch(): Promise<KeyObject> {
    const { PublicKey } = await this.#client.send(new GetPublicKeyCommand({ KeyId: this.#arn }));
    return createPublicKey({ key: Buffer.from(PublicKey!), type: 'spki', format: 'der' });
  }
}

function parse(text: string): object | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return document instanceof Object ? document : undefined;
  } catch {
    return undefined;
  }
}
