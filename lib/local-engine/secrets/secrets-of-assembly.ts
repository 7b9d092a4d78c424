import { type Assembly, resourcesOf } from '../assembly/read-assembly.ts';
import type { GeneratedSecret } from './generate-secret.ts';
import type { DeclaredSecret } from './secrets.ts';

/** The secrets of an assembly. */
export function secretsOfAssembly(assembly: Assembly): DeclaredSecret[] {
  return resourcesOf(assembly, 'AWS::SecretsManager::Secret').map(({ name, ref, properties }) => ({
    arn: ref,
    name,
    description: properties.Description as string | undefined,
    kmsKeyId: properties.KmsKeyId as string | undefined,
    text: properties.SecretString as string | undefined,
    generate: properties.GenerateSecretString as GeneratedSecret | undefined,
  }));
}
