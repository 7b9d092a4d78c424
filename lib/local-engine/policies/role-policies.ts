import type { Problem } from '../assembly/problem.ts';
import { type Assembly, type Resource, resourcesOf } from '../assembly/read-assembly.ts';
import type { Complain } from './condition.ts';
import { managedPolicy } from './managed-policies.ts';
import { parsePolicy, type Statement } from './statement.ts';

/** The policies of all roles: what each may do, and who may act as it. */
export interface RolePolicies {
  /** By the name of the role, which is all that a policy for a role of somebody else's says. */
  identity: Map<string, Statement[]>;
  /** By the ARN of the role. */
  trust: Map<string, Statement[]>;
}

/** Collects what hangs on roles: inline, attached by the policy's own list of roles, or by ARN, AWS's own among them. */
export function rolePoliciesOf(assembly: Assembly, problems: Problem[]): RolePolicies {
  const identity = new Map<string, Statement[]>();
  const trust = new Map<string, Statement[]>();
  const attach = (role: string, statements: Statement[]) => identity.set(role, [...(identity.get(role) ?? []), ...statements]);

  const byArn = new Map<string, Statement[]>();
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']) {
    for (const resource of resourcesOf(assembly, type)) {
      const { PolicyDocument, Roles = [] } = resource.properties;
      const complain = complaining(resource, 'PolicyDocument', problems);
      const statements = parsePolicy(PolicyDocument, 'identity', complain);
      for (const role of Roles as string[]) attach(role, statements);
      byArn.set(resource.ref, statements);
    }
  }
  for (const resource of resourcesOf(assembly, 'AWS::IAM::Role')) {
    const { AssumeRolePolicyDocument, ManagedPolicyArns = [], Policies = [] } = resource.properties;
    const complain = (path: string) => complaining(resource, path, problems);
    trust.set(resource.arn as string, parsePolicy(AssumeRolePolicyDocument, 'trust', complain('AssumeRolePolicyDocument')));
    attach(resource.name, []);
    for (const [index, { PolicyDocument }] of (Policies as { PolicyDocument: unknown }[]).entries()) {
      attach(resource.name, parsePolicy(PolicyDocument, 'identity', complain(`Policies.${index}.PolicyDocument`)));
    }
    for (const [index, arn] of (ManagedPolicyArns as string[]).entries()) {
      const document = managedPolicy(arn);
      const statements = byArn.get(arn) ?? (document && parsePolicy(document, 'identity', complain('')));
      if (statements === undefined) complain(`ManagedPolicyArns.${index}`)('', `the engine does not know what ${arn} allows`);
      else attach(resource.name, statements);
    }
  }
  return { identity, trust };
}

/** Complaints about a document in a property of a resource, as problems of the assembly. */
export function complaining({ stack, logicalId }: Resource, property: string, problems: Problem[]): Complain {
  return (path, message) => {
    const place = ['Properties', property, path].filter((part) => part !== '').join('.');
    problems.push({ stack, logicalId, path: place, message });
  };
}
