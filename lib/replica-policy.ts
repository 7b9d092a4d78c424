import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { agentRoleName, replicationRoleName, vaultReaderRoleName } from '../functions/contract/names.ts';
import type { SuiteConfig } from './config/suite-config.ts';

const READS = ['s3:GetObject', 's3:GetObjectVersion', 's3:RestoreObject'];
const COPIES = ['s3:ReplicateObject', 's3:ReplicateTags'];
const WRITES = [
  ...COPIES,
  's3:AbortMultipartUpload',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersionTagging',
  's3:ObjectOwnerOverrideToBucketOwner',
  's3:PutObject',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
  's3:PutObjectTagging',
  's3:PutObjectVersionTagging',
];
const DELETES = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ReplicateDelete'];

/** Who may come to the replica at all, by the patterns of their ARNs in the account of the vault. */
function comers(stack: Stack, { name, vault }: SuiteConfig) {
  const account = vault.replica?.vaultAccount ?? stack.account;
  const role = (of: string) => `arn:${stack.partition}:iam::${account}:role/${of}`;
  return {
    account,
    copier: role(replicationRoleName(name)),
    readers: [role(agentRoleName(name, '*')), role(vaultReaderRoleName(name)), ...vault.readers],
  };
}

/**
 * Replication writes, our roles read, and nobody deletes: what lies here ends by the bucket's own rules only. Nothing is said of the bucket
 * itself: administrators must be able to repair this very policy.
 */
export function replicaPolicy(bucket: s3.Bucket, suite: SuiteConfig): iam.PolicyStatement[] {
  const stack = Stack.of(bucket);
  const { copier, readers } = comers(stack, suite);
  const deny = (sid: string, actions: string[], but?: string[]) =>
    new iam.PolicyStatement({
      sid,
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions,
      resources: [bucket.arnForObjects('*')],
      ...(but && { conditions: { ArnNotLike: { 'aws:PrincipalArn': but } } }),
    });
  return [
    deny('OnlyOurRolesRead', READS, readers),
    deny('OnlyReplicationWrites', WRITES, [copier]),
    deny('NobodyDeletes', DELETES),
    deny('NobodyPassesByALock', ['s3:BypassGovernanceRetention']),
    ...letTheOtherAccountIn(bucket, suite),
  ];
}

/** In one account the rights of the roles are enough. */
function letTheOtherAccountIn(bucket: s3.Bucket, suite: SuiteConfig): iam.PolicyStatement[] {
  if (!suite.vault.replica?.account) return [];
  const { account, copier, readers } = comers(Stack.of(bucket), suite);
  const allow = (sid: string, roles: string[], actions: string[], resource: string) =>
    new iam.PolicyStatement({
      sid,
      // By a pattern: a role that is named must exist already, and those of the vault are made after this.
      principals: [new iam.AccountPrincipal(account)],
      actions,
      resources: [resource],
      conditions: { ArnLike: { 'aws:PrincipalArn': roles } },
    });
  return [
    allow('ReplicationCopies', [copier], [...COPIES, 's3:ObjectOwnerOverrideToBucketOwner'], bucket.arnForObjects('*')),
    allow('ReplicationLooks', [copier], ['s3:GetBucketVersioning'], bucket.bucketArn),
    allow('OurRolesRead', readers, READS, bucket.arnForObjects('*')),
    allow('OurRolesList', readers, ['s3:ListBucket'], bucket.bucketArn),
  ];
}

/** The same of the key, for another account. */
export function replicaKeyPolicy(stack: Stack, suite: SuiteConfig): iam.PolicyStatement[] {
  if (!suite.vault.replica?.account) return [];
  const { account, copier, readers } = comers(stack, suite);
  const allow = (sid: string, roles: string[], actions: string[]) =>
    new iam.PolicyStatement({
      sid,
      principals: [new iam.AccountPrincipal(account)],
      actions,
      resources: ['*'],
      conditions: {
        ArnLike: { 'aws:PrincipalArn': roles },
        StringEquals: { 'kms:ViaService': `s3.${stack.region}.${stack.urlSuffix}` },
      },
    });
  return [
    allow('ReplicationEncrypts', [copier], ['kms:Encrypt', 'kms:GenerateDataKey']),
    allow('OurRolesDecrypt', readers, ['kms:Decrypt']),
  ];
}
