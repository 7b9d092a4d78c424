import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { EncryptionConfig, Secret } from './config/suite-config.ts';
import type { Agent } from './platform/agent.ts';

/**
 * Lets an agent read what opens encrypted points: exactly the secrets of the suite file, and their key only through Secrets Manager. They are
 * named, not referred to: the vault's stack, which goes first, could not take away what this one still refers to.
 */
export function giveKeyRights(agent: Agent, encryption: EncryptionConfig): Agent {
  const { privateKey, passphrase } = encryption;
  for (const [name, secret] of Object.entries({ PRIVATE_KEY_SECRET: privateKey, PASSPHRASE_SECRET: passphrase })) {
    if (secret) agent.function.addEnvironment(name, secretId(secret));
  }
  for (const statement of keyStatements(Stack.of(agent), encryption, 'read')) agent.role.addToPolicy(statement);
  return agent;
}

/** Rights to the secrets that open what is stored: to read what they hold, or to give them new values. None where the suite file names none. */
export function keyStatements(stack: Stack, encryption: EncryptionConfig, may: 'read' | 'replace'): iam.PolicyStatement[] {
  const { privateKey, passphrase, kmsKey } = encryption;
  const secrets = [privateKey, passphrase].filter((secret) => secret !== null);
  if (secrets.length === 0) return [];
  const { actions, keyActions } = RIGHTS[may];
  const ofSecrets = new iam.PolicyStatement({ actions, resources: secrets.map(({ name, arn }) => arn ?? arnOf(stack, name)) });
  if (kmsKey === null) return [ofSecrets];
  const conditions = { StringEquals: { 'kms:ViaService': `secretsmanager.${stack.region}.${stack.urlSuffix}` } };
  return [ofSecrets, new iam.PolicyStatement({ actions: keyActions, resources: [kmsKey], conditions })];
}

/** Secrets Manager decrypts what it has just encrypted, too. */
const RIGHTS = {
  read: { actions: ['secretsmanager:GetSecretValue'], keyActions: ['kms:Decrypt'] },
  replace: { actions: ['secretsmanager:PutSecretValue'], keyActions: ['kms:GenerateDataKey', 'kms:Decrypt'] },
};

/** What Secrets Manager is asked with. */
export function secretId({ name, arn }: Secret): string {
  return arn ?? name;
}

/**
 * Every way in which a call may name one of the secrets: by its name, or by its ARN, with the six characters or without. A longer name that
 * begins so is meant, too.
 */
export function keyNamesInCalls(stack: Stack, { privateKey, passphrase }: EncryptionConfig): (string | { prefix: string })[] {
  const secrets = [privateKey, passphrase].filter((secret) => secret !== null);
  return secrets.flatMap(({ name, arn }) => [name, { prefix: (arn ?? arnOf(stack, name)).slice(0, -'-??????'.length) }]);
}

/** Secrets Manager puts "-" and six characters behind the name: no other name ends so. */
function arnOf(stack: Stack, name: string): string {
  return stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    resourceName: `${name}-??????`,
  });
}
