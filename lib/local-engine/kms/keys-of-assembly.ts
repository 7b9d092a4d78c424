import type { Problem } from '../assembly/problem.ts';
import { type Assembly, resourcesOf } from '../assembly/read-assembly.ts';
import { SIGNING_SPECS, SYMMETRIC } from './key-specs.ts';
import type { DeclaredKey, KeysOptions } from './keys.ts';

/** The keys and aliases of an assembly; what the engine cannot carry out is a problem. */
export function keysOfAssembly(assembly: Assembly, problems: Problem[]): Pick<KeysOptions, 'declared' | 'aliases'> {
  const declared = resourcesOf(assembly, 'AWS::KMS::Key').map(({ stack, logicalId, ref, arn, properties }): DeclaredKey => {
    const { KeySpec: spec = SYMMETRIC, KeyUsage: usage = 'ENCRYPT_DECRYPT', Description, Enabled = true } = properties;
    const signs = String(spec) in SIGNING_SPECS;
    if (usage !== (signs ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT') || (!signs && spec !== SYMMETRIC)) {
      const message = `the engine has no keys of spec ${String(spec)} for ${String(usage)}`;
      problems.push({ stack, logicalId, path: 'Properties.KeySpec', message });
    }
    return { id: ref, arn: arn!, spec: String(spec), description: String(Description ?? ''), enabled: Enabled !== false };
  });
  const aliases = resourcesOf(assembly, 'AWS::KMS::Alias').map(({ name, region, properties }) => {
    const target = String(properties.TargetKeyId);
    return { name, region, keyId: target.slice(target.lastIndexOf('/') + 1) };
  });
  return { declared, aliases };
}
