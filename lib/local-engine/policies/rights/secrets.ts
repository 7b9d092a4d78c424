import type { DeclaredSecret } from '../../secrets/secrets.ts';
import type { Right, RightsTable } from '../right.ts';

/** Secrets Manager. Who reads or writes a secret that has a key of its own uses that key through the service. */
export function secretRights(declared: readonly DeclaredSecret[]): RightsTable {
  const rightsTo =
    (action: string, key: string | undefined) =>
    (parameters: Record<string, unknown>): Right[] => {
      const id = String(parameters.SecretId);
      const secret = declared.find(({ arn, name }) => arn === id || name === id);
      const context = { 'kms:encryptioncontext:secretarn': secret?.arn };
      return [
        { action: `secretsmanager:${action}`, resource: secret?.arn ?? id },
        ...(key !== undefined && secret?.kmsKeyId
          ? [{ action: key, resource: secret.kmsKeyId, context, via: 'secretsmanager' }]
          : []),
      ];
    };
  return {
    DescribeSecret: rightsTo('DescribeSecret', undefined),
    GetSecretValue: rightsTo('GetSecretValue', 'kms:Decrypt'),
    PutSecretValue: rightsTo('PutSecretValue', 'kms:GenerateDataKey'),
  };
}
