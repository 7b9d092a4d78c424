import { randomUUID } from 'node:crypto';
import { refuseUnknownParameters, unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import { ServiceError } from '../service-error.ts';
import { CURRENT, type DeclaredSecret, notFound, Secrets, type SecretValue, type SecretVersion } from './secrets.ts';

type Parameters = Record<string, unknown>;
type RequireKey = (key: string) => Promise<void>;

const PARAMETERS: Record<string, string[]> = {
  DescribeSecret: ['SecretId'],
  GetSecretValue: ['SecretId', 'VersionId', 'VersionStage'],
  PutSecretValue: ['SecretId', 'ClientRequestToken', 'SecretString', 'SecretBinary', 'VersionStages'],
};
/** "SecretString: Maximum length of 65536" (Secrets Manager API reference). */
const MOST_BYTES = 65_536;

/** The Secrets Manager API. A secret whose key cannot be used can be neither read nor written. */
export function secretsApi(options: { declared: DeclaredSecret[]; folder: string; requireKey: RequireKey }): Call {
  const secrets = new Secrets(options);
  return async (action, parameters, { region }) => {
    const known = PARAMETERS[action];
    if (known === undefined) throw unknownAction('Secrets Manager', action);
    refuseUnknownParameters(action, parameters, known);
    const secret = secrets.find(parameters.SecretId, region);
    if (action === 'DescribeSecret') return describe(secrets, secret);
    if (action === 'GetSecretValue') {
      const version = chooseVersion(secrets.read(secret).versions, parameters);
      await requireUsable(
        options.requireKey,
        secret,
        'DecryptionFailure',
        "Secrets Manager can't decrypt the protected secret text",
      );
      return { ...identity(secret, version), CreatedDate: new Date(version.created), ...told(version.value) };
    }
    const value = requestedValue(parameters);
    await requireUsable(
      options.requireKey,
      secret,
      'EncryptionFailure',
      "Secrets Manager can't encrypt the protected secret text",
    );
    const stages = parameters.VersionStages as string[] | undefined;
    return identity(secret, secrets.put(secret, String(parameters.ClientRequestToken ?? randomUUID()), value, stages));
  };
}

function describe(secrets: Secrets, secret: DeclaredSecret): unknown {
  const { created, versions } = secrets.read(secret);
  const staged = versions.filter(({ stages }) => stages.length > 0);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: new Date(created),
    LastChangedDate: new Date(versions.at(-1)?.created ?? created),
    ...(staged.length > 0 && { VersionIdsToStages: Object.fromEntries(staged.map(({ id, stages }) => [id, stages])) }),
  };
}

function chooseVersion(versions: SecretVersion[], { VersionId, VersionStage }: Parameters): SecretVersion {
  const stage = VersionStage ?? (VersionId === undefined ? CURRENT : undefined);
  const found = versions.find(({ id, stages }) => {
    return (VersionId === undefined || id === VersionId) && (stage === undefined || stages.includes(String(stage)));
  });
  if (found !== undefined) return found;
  const wanted = VersionId === undefined ? `staging label: ${String(stage)}` : `VersionId: ${String(VersionId)}`;
  throw notFound(`Secrets Manager can't find the specified secret value for ${wanted}`);
}

function requestedValue({ SecretString, SecretBinary }: Parameters): SecretValue {
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw new ServiceError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
  }
  const bytes = SecretString === undefined ? Buffer.from(String(SecretBinary), 'base64') : Buffer.from(String(SecretString));
  if (bytes.length < 1 || bytes.length > MOST_BYTES) {
    throw new ServiceError('ValidationException', `A secret value has 1 to ${MOST_BYTES} bytes`);
  }
  return SecretString === undefined ? { binary: bytes.toString('base64') } : { text: String(SecretString) };
}

function identity({ arn, name }: DeclaredSecret, { id, stages }: SecretVersion): Record<string, unknown> {
  return { ARN: arn, Name: name, VersionId: id, VersionStages: stages };
}

function told(value: SecretValue): Record<string, string> {
  return 'text' in value ? { SecretString: value.text } : { SecretBinary: value.binary };
}

async function requireUsable(requireKey: RequireKey, { kmsKeyId }: DeclaredSecret, code: string, said: string): Promise<void> {
  if (kmsKeyId === undefined) return;
  try {
    await requireKey(kmsKeyId);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError(code, `${said} using the provided KMS key: ${error.message}`);
  }
}
