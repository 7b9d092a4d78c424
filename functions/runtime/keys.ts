import { GetSecretValueCommand, SecretsManagerClient, SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import { NamedError } from '../contract/errors.ts';
import { type Keyring, readKeyring } from '../encryption/keyring.ts';

/** Secrets that the stack lets this function read; nothing where the suite file names none. */
const SECRETS = ['PRIVATE_KEY_SECRET', 'PASSPHRASE_SECRET'] as const;

/** Of the service or of our haste, not of the secret. */
const PASSING = ['ThrottlingException', 'InternalServiceError', 'InternalServiceErrorException'];

/**
 * What the secrets hold now; asked each time, since they may be rotated, emptied or taken away between two calls of a function.
 * @throws NamedError KeyMissing
 */
export async function readKeys(): Promise<Keyring> {
  const ids = SECRETS.map((name) => process.env[name] ?? '');
  if (ids.every((id) => id === ''))
    throw new NamedError('KeyMissing', 'The point is encrypted, and the suite file names no secret that could open it.');
  const client = new SecretsManagerClient({});
  const [privateKeys, passphrases] = await Promise.all(ids.map((id) => (id === '' ? Buffer.alloc(0) : read(client, id))));
  return readKeyring(privateKeys!, passphrases!);
}

async function read(client: SecretsManagerClient, id: string): Promise<Buffer> {
  try {
    const { SecretString, SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    return SecretString === undefined ? Buffer.from(SecretBinary ?? []) : Buffer.from(SecretString, 'utf8');
  } catch (error) {
    if (!(error instanceof SecretsManagerServiceException) || PASSING.includes(error.name)) throw error;
    throw new NamedError('KeyMissing', `The secret ${nameOf(id)} cannot be read (${error.name}): ${error.message}`);
  }
}

function nameOf(id: string): string {
  return id.replace(/^arn:.*:secret:(.+)-[A-Za-z0-9]{6}$/, '$1');
}
