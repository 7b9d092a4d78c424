import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { keys } from '../functions/contract/keys.ts';
import { agentRoleName, replicationRoleName, vaultReaderRoleName } from '../functions/contract/names.ts';
import type { SuiteConfig } from './config/suite-config.ts';

/**
 * Rights stand in roles; here stands what nobody may do, whatever rights he has. Roles are named by patterns of their ARNs, never by reference: they
 * belong to another stack, which needs this one first.
 */
export function vaultPolicy(bucket: s3.Bucket, key: kms.Key, suite: SuiteConfig): iam.PolicyStatement[] {
  return [
    ...writeOnce(bucket, suite.name),
    ...hostOnlyPuts(bucket, suite),
    onlyOurRoles(bucket, suite),
    onlyMarkersGo(bucket, suite.name),
    nobodyPassesByALock(bucket),
    ...onlyThisKey(bucket, key),
  ];
}

/** ARNs of a role that may stand below any path, as `aws:PrincipalArn` gives them. */
export function roleArns(scope: Stack, name: string): string[] {
  const arn = (path: string) => `arn:${scope.partition}:iam::${scope.account}:role/${path}${name}`;
  return [arn(''), arn('*/')];
}

function deny(
  sid: string,
  where: Pick<iam.PolicyStatementProps, 'actions' | 'notActions' | 'resources' | 'notResources' | 'conditions'>,
): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], ...where });
}

/**
 * An overwrite makes the good version noncurrent, and lifecycle then deletes it: the bucket itself refuses every put that does not say
 * `If-None-Match: *`. Parts of a multipart upload are exempt (they create no object); the lock may also be replaced with `If-Match`.
 */
function writeOnce(bucket: s3.Bucket, suite: string): iam.PolicyStatement[] {
  const lock = bucket.arnForObjects(keys.lock(suite));
  const conditions = (absent: Record<string, string>) => ({ Null: absent, Bool: { 's3:ObjectCreationOperation': 'true' } });
  return [
    deny('WriteOnce', {
      actions: ['s3:PutObject'],
      notResources: [lock],
      conditions: conditions({ 's3:if-none-match': 'true' }),
    }),
    deny('LockIsNeverReplacedBlindly', {
      actions: ['s3:PutObject'],
      resources: [lock],
      conditions: conditions({ 's3:if-none-match': 'true', 's3:if-match': 'true' }),
    }),
  ];
}

/** The host's role is the user's and may carry any other right; here it can put new artifacts and nothing else. */
function hostOnlyPuts(bucket: s3.Bucket, suite: SuiteConfig): iam.PolicyStatement[] {
  const artifacts = bucket.arnForObjects(`${keys.artifacts(suite.name)}*`);
  const conditions = { ArnLike: { 'aws:PrincipalArn': roleArns(Stack.of(bucket), suite.host.roleName) } };
  return [
    deny('HostOnlyPutsArtifacts', {
      notActions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [artifacts],
      conditions,
    }),
    deny('HostDoesNothingElse', { actions: ['s3:*'], notResources: [artifacts], conditions }),
  ];
}

/** What can be done to objects. Nothing of the bucket itself: administrators and CloudFormation must be able to repair this very policy. */
const OBJECT_ACTIONS = [
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersion',
  's3:DeleteObjectVersionTagging',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectVersionForReplication',
  's3:PutObject',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
  's3:PutObjectTagging',
  's3:PutObjectVersionTagging',
  's3:ReplicateDelete',
  's3:ReplicateObject',
  's3:ReplicateTags',
  's3:RestoreObject',
];

/** Whoever else was given rights on all buckets of the account has none here. */
function onlyOurRoles(bucket: s3.Bucket, suite: SuiteConfig): iam.PolicyStatement {
  const stack = Stack.of(bucket);
  const ours = [agentRoleName(suite.name, '*'), vaultReaderRoleName(suite.name), replicationRoleName(suite.name)].map(
    (name) => `arn:${stack.partition}:iam::${stack.account}:role/${name}`,
  );
  return deny('OnlyOurRoles', {
    actions: OBJECT_ACTIONS,
    resources: [bucket.arnForObjects('*')],
    conditions: {
      ArnNotLike: { 'aws:PrincipalArn': [...ours, ...roleArns(stack, suite.host.roleName), ...suite.vault.readers] },
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
    },
  });
}

/** S3 cannot tell the removal of a delete marker from that of a version with bytes, so one agent may do either, and looks first. */
function onlyMarkersGo(bucket: s3.Bucket, suite: string): iam.PolicyStatement {
  const { partition, account } = Stack.of(bucket);
  return deny('NobodyElseRemovesVersions', {
    actions: ['s3:DeleteObjectVersion'],
    resources: [bucket.arnForObjects('*')],
    conditions: {
      ArnNotLike: { 'aws:PrincipalArn': [`arn:${partition}:iam::${account}:role/${agentRoleName(suite, 'show-again')}`] },
    },
  });
}

function nobodyPassesByALock(bucket: s3.Bucket): iam.PolicyStatement {
  return deny('NobodyPassesByALock', { actions: ['s3:BypassGovernanceRetention'], resources: [bucket.arnForObjects('*')] });
}

/** Parts of an upload, and a plain put, name no key and get the bucket's own; who names another one, or none at all, is refused. */
function onlyThisKey(bucket: s3.Bucket, key: kms.Key): iam.PolicyStatement[] {
  // `Null` first: a negated operator, with or without `IfExists`, also holds where the header is missing.
  const other = (header: string, ours: string) => ({ Null: { [header]: 'false' }, StringNotEquals: { [header]: ours } });
  const puts = { actions: ['s3:PutObject'], resources: [bucket.arnForObjects('*')] };
  return [
    deny('OnlyWithThisKey', { ...puts, conditions: other('s3:x-amz-server-side-encryption-aws-kms-key-id', key.keyArn) }),
    deny('OnlyEncrypted', { ...puts, conditions: other('s3:x-amz-server-side-encryption', 'aws:kms') }),
  ];
}
