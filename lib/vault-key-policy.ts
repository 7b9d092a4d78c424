import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { agentRoleName } from '../functions/contract/names.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { roleArns } from './vault-policy.ts';

/** Agents whose word counts: who sealed a point, and who proved it. */
const SIGNERS = ['seal', 'write-proof'];

/** The host needs the key to put parts of an upload, and could read with it what it puts; through S3 it cannot read, and elsewhere it has no key. */
export function hostOnlyThroughS3(stack: Stack, suite: SuiteConfig): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'HostOnlyThroughS3',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:*'],
    resources: ['*'],
    conditions: {
      ArnLike: { 'aws:PrincipalArn': roleArns(stack, suite.host.roleName) },
      StringNotEquals: { 'kms:ViaService': `s3.${stack.region}.${stack.urlSuffix}` },
    },
  });
}

/** Whoever else is given the right to sign by a role of his own could write what every restore believes. */
export function onlySealAndProofSign(stack: Stack, suite: string): iam.PolicyStatement {
  const role = (agent: string) => `arn:${stack.partition}:iam::${stack.account}:role/${agentRoleName(suite, agent)}`;
  return new iam.PolicyStatement({
    sid: 'OnlySealAndProofSign',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:Sign'],
    resources: ['*'],
    conditions: { ArnNotLike: { 'aws:PrincipalArn': SIGNERS.map(role) } },
  });
}
