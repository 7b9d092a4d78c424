import type { Problem } from '../assembly/problem.ts';
import { type Assembly, type Resource, resourcesOf } from '../assembly/read-assembly.ts';
import type { Keys } from './keys.ts';
import { complaining } from './role-policies.ts';
import { parsePolicy, type Statement } from './statement.ts';

/** Collects the policies of buckets, keys, topics, queues and functions, by the ARN of what they protect. */
export function resourcePoliciesOf(assembly: Assembly, keys: Keys, problems: Problem[]): Map<string, Statement[]> {
  const policies = new Map<string, Statement[]>();
  const attach = (arn: string, statements: Statement[]) => policies.set(arn, [...(policies.get(arn) ?? []), ...statements]);

  /** A policy that names what it protects by the value of `Ref`. */
  const attachTo = (policy: Resource, type: string, references: unknown[], property: string): void => {
    const statements = parsePolicy(policy.properties.PolicyDocument, 'resource', complaining(policy, 'PolicyDocument', problems));
    for (const reference of references) {
      const found = resourcesOf(assembly, type).find(({ ref }) => ref === reference);
      if (found === undefined) complaining(policy, property, problems)('', `${String(reference)} is no ${type} of this assembly`);
      else attach(found.arn ?? found.ref, statements);
    }
  };
  for (const policy of resourcesOf(assembly, 'AWS::S3::BucketPolicy')) {
    attachTo(policy, 'AWS::S3::Bucket', [policy.properties.Bucket], 'Bucket');
  }
  for (const policy of resourcesOf(assembly, 'AWS::SNS::TopicPolicy')) {
    attachTo(policy, 'AWS::SNS::Topic', policy.properties.Topics as unknown[], 'Topics');
  }
  for (const policy of resourcesOf(assembly, 'AWS::SQS::QueuePolicy')) {
    attachTo(policy, 'AWS::SQS::Queue', policy.properties.Queues as unknown[], 'Queues');
  }
  for (const key of resourcesOf(assembly, 'AWS::KMS::Key')) {
    const document = key.properties.KeyPolicy ?? keys.defaultPolicy();
    attach(key.arn as string, parsePolicy(document, 'resource', complaining(key, 'KeyPolicy', problems)));
  }
  for (const permission of resourcesOf(assembly, 'AWS::Lambda::Permission')) {
    const arn = functionArn(assembly, String(permission.properties.FunctionName));
    attach(arn, parsePolicy(permissionDocument(permission, arn), 'resource', complaining(permission, '', problems)));
  }
  return policies;
}

/** What a permission adds to the policy of its function. */
function permissionDocument({ properties }: Resource, arn: string): object {
  const { Action, Principal, SourceArn, SourceAccount } = properties;
  const principal = /\.amazonaws\.com(\.cn)?$/.test(String(Principal)) ? { Service: Principal } : { AWS: Principal };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: principal,
        Action,
        Resource: arn,
        Condition: {
          ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
          ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
        },
      },
    ],
  };
}

function functionArn(assembly: Assembly, nameOrArn: string): string {
  const found = resourcesOf(assembly, 'AWS::Lambda::Function').find(({ name, arn }) => nameOrArn === name || nameOrArn === arn);
  return found?.arn ?? nameOrArn;
}
