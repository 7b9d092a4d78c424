import { KMSClient, KMSInvalidSignatureException, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import { type Signature, signatureOf, signedDigest } from '../contract/signature.ts';
import { required } from './environment.ts';

const ALGORITHM = 'ECDSA_SHA_256';

/** The key of the vault that signs evidence. */
export class Signing {
  readonly #key: string;
  readonly #client: KMSClient;

  constructor(key: string = required('SIGNING_KEY'), client: KMSClient = new KMSClient({})) {
    this.#key = key;
    this.#client = client;
  }

  /** The document with its signature as its last key but the checksum. */
  async sign<Document extends object>(document: Document): Promise<Document & { signature: Signature }> {
    const { Signature: value } = await this.#client.send(
      new SignCommand({
        KeyId: this.#key,
        Message: signedDigest(document),
        MessageType: 'DIGEST',
        SigningAlgorithm: ALGORITHM,
      }),
    );
    return { ...document, signature: { algorithm: ALGORITHM, key: this.#key, value: Buffer.from(value!).toString('base64') } };
  }

  /** Why a stored document, parsed as JSON and nothing more, is not what was signed; null when it is. */
  async problemWith(document: object): Promise<string | null> {
    const signature = signatureOf(document);
    if (!signature) return 'has no signature';
    // Whose key it is must not be decided by the document.
    if (signature.key !== this.#key) return `is signed with ${signature.key}, not with the key of the vault`;
    try {
      await this.#client.send(
        new VerifyCommand({
          KeyId: this.#key,
          Message: signedDigest(document),
          MessageType: 'DIGEST',
          SigningAlgorithm: ALGORITHM,
          Signature: Buffer.from(signature.value, 'base64'),
        }),
      );
      return null;
    } catch (error) {
      if (!(error instanceof KMSInvalidSignatureException)) throw error;
      return 'is not what was signed';
    }
  }
}
