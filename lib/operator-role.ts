import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { keys } from '../functions/contract/keys.ts';
import { agentRoleName, machineName } from '../functions/contract/names.ts';
import type { EncryptionConfig } from './config/suite-config.ts';
import { keyStatements } from './key-rights.ts';
import type { Workflow } from './platform/workflow.ts';
import { replicaKeyRight, replicatedPrefixes } from './replica-place.ts';
import type { VaultStack } from './vault-stack.ts';

export interface OperatorRoleProps {
  readonly suite: string;
  readonly vault: VaultStack;
  readonly workflows: readonly Workflow[];
  readonly hostLog: logs.LogGroup;
  readonly scheduleGroup: string;
  readonly encryption: EncryptionConfig;
}

/**
 * What the operator's command takes on: it starts, follows and stops workflows, and reads what is written about points, but no byte of an artifact.
 * It gives secrets their new values, and never sees one. Whoever may take on roles of the account may take on this one; the session carries his name.
 */
export function operatorRole(scope: Construct, props: OperatorRoleProps): iam.Role {
  const { suite, vault, workflows, hostLog, scheduleGroup, encryption } = props;
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'Operator', {
    roleName: agentRoleName(suite, 'operator'),
    description: `What the command suite-backup does for ${suite}`,
    assumedBy: new iam.AccountRootPrincipal(),
  });
  const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) =>
    role.addToPolicy(new iam.PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));

  const written = [
    ...[keys.manifests, keys.proofs, keys.failures, keys.restores, keys.retention].map((prefix) => `${prefix(suite)}*`),
    keys.lock(suite),
    ...(vault.replica ? [`${keys.replicaRecords(suite)}*`] : []),
  ];
  allow(
    ['s3:GetObject'],
    written.map((pattern) => vault.bucket.arnForObjects(pattern)),
  );
  allow(['s3:ListBucket'], [vault.bucket.bucketArn], { StringLike: { 's3:prefix': written } });
  allow(['kms:Decrypt'], [vault.key.keyArn], { StringEquals: { 'kms:ViaService': `s3.${stack.region}.${stack.urlSuffix}` } });
  allow(['kms:GetPublicKey'], [vault.signingKey.keyArn]);
  if (vault.replica) {
    const place = vault.replica;
    const { decisions, proofs, manifests, artifacts } = replicatedPrefixes(suite);
    const read = [manifests, proofs, decisions].map((prefix) => `${prefix}*`);
    allow(['s3:GetObject'], read.map(place.objects));
    // What of a point is there is told by its keys. The others are asked for as in the vault, and there are none.
    allow(['s3:ListBucket'], [place.bucketArn], { StringLike: { 's3:prefix': [...written, `${artifacts}*`] } });
    role.addToPolicy(new iam.PolicyStatement(replicaKeyRight(stack, place, ['kms:Decrypt'])));
  }

  allow(
    ['states:StartExecution', 'states:ListExecutions'],
    workflows.map(({ machine }) => machine.stateMachineArn),
  );
  // Those that the machines start are followed, too.
  const executions = stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machineName(suite, '*')}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  allow(['states:DescribeExecution', 'states:GetExecutionHistory', 'states:StopExecution'], [executions]);
  allow(['logs:FilterLogEvents'], [hostLog.logGroupArn]);
  allow(
    ['scheduler:GetSchedule'],
    [stack.formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `${scheduleGroup}/*` })],
  );
  // AWS knows no resource for it.
  allow(['scheduler:ListSchedules'], ['*']);
  for (const statement of keyStatements(stack, encryption, 'replace')) role.addToPolicy(statement);
  return role;
}
