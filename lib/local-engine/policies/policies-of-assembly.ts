import type { Problem } from '../assembly/problem.ts';
import type { Assembly } from '../assembly/read-assembly.ts';
import { Keys } from './keys.ts';
import { resourcePoliciesOf } from './resource-policies.ts';
import { type RolePolicies, rolePoliciesOf } from './role-policies.ts';
import type { Statement } from './statement.ts';

/** Every policy of an assembly, compiled. */
export interface AssemblyPolicies {
  roles: RolePolicies;
  /** By the ARN of what they protect. */
  resources: Map<string, Statement[]>;
  keys: Keys;
}

/** Reads all policies; what the engine could not enforce is a problem. */
export function policiesOfAssembly(assembly: Assembly, problems: Problem[]): AssemblyPolicies {
  const keys = new Keys(assembly);
  return { roles: rolePoliciesOf(assembly, problems), resources: resourcePoliciesOf(assembly, keys, problems), keys };
}
