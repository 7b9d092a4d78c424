import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { keys } from '../functions/contract/keys.ts';
import { agentRoleName } from '../functions/contract/names.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { lifecycleRules } from './vault-lifecycle.ts';

/** Agents whose word counts: who sealed a point, and who proved it. */
const SIGNERS = ['seal', 'write-proof'];

/**
 * Everything that must outlive the workflows: the bucket and its key. Protected from deletion, and kept even if the stack is deleted.
 * Its policies name roles by pattern, never by reference: the roles belong to another stack, which needs this one first.
 */
export class VaultStack extends Stack {
  readonly bucket: s3.Bucket;
  readonly key: kms.Key;
  /** Signs manifests and proofs; an asymmetric key does not rotate. */
  readonly signingKey: kms.Key;

  constructor(scope: Construct, id: string, props: { suite: SuiteConfig }) {
    super(scope, id, { terminationProtection: true, description: `Recovery points of ${props.suite.name}` });
    const { suite } = props;
    this.key = new kms.Key(this, 'Key', {
      description: `Recovery points of ${suite.name}`,
      alias: `${suite.name}-vault`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.signingKey = new kms.Key(this, 'SigningKey', {
      description: `Signs manifests and proofs of ${suite.name}`,
      alias: `${suite.name}-evidence`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.signingKey.addToResourcePolicy(onlySealAndProofSign(this, suite.name));
    this.bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: this.key,
      // The host's right to the key is bound to the bucket's ARN, which is the encryption context only with a bucket key.
      bucketKeyEnabled: true,
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: lifecycleRules(suite.name, suite.retention),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of [...writeOnce(this.bucket, suite.name), ...hostOnlyPuts(this.bucket, suite)]) {
      this.bucket.addToResourcePolicy(statement);
    }
  }
}

/** Whoever else is given the right to sign by a role of his own could write what every restore believes. */
function onlySealAndProofSign(stack: Stack, suite: string): iam.PolicyStatement {
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

/**
 * An overwrite makes the good version noncurrent, and lifecycle then deletes it: the bucket itself refuses every put that does not say
 * `If-None-Match: *`. Parts of a multipart upload are exempt (they create no object); the lock may also be replaced with `If-Match`.
 */
function writeOnce(bucket: s3.Bucket, suite: string): iam.PolicyStatement[] {
  const lock = bucket.arnForObjects(keys.lock(suite));
  const deny = (sid: string, where: { resources?: string[]; notResources?: string[] }, absent: Record<string, string>) =>
    new iam.PolicyStatement({
      sid,
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObject'],
      ...where,
      conditions: { Null: absent, Bool: { 's3:ObjectCreationOperation': 'true' } },
    });
  return [
    deny('WriteOnce', { notResources: [lock] }, { 's3:if-none-match': 'true' }),
    deny('LockIsNeverReplacedBlindly', { resources: [lock] }, { 's3:if-none-match': 'true', 's3:if-match': 'true' }),
  ];
}

/**
 * The host's role is the user's and may carry any other right; here it can put new artifacts and nothing else. `aws:PrincipalArn` of an
 * assumed role is the role's ARN with its path, of which only the name is known.
 */
function hostOnlyPuts(bucket: s3.Bucket, suite: SuiteConfig): iam.PolicyStatement[] {
  const artifacts = bucket.arnForObjects(`${suite.name}/artifacts/*`);
  const { partition, account } = Stack.of(bucket);
  const role = (path: string) => `arn:${partition}:iam::${account}:role/${path}${suite.host.roleName}`;
  const conditions = { ArnLike: { 'aws:PrincipalArn': [role(''), role('*/')] } };
  const effect = iam.Effect.DENY;
  const principals = [new iam.AnyPrincipal()];
  return [
    new iam.PolicyStatement({
      sid: 'HostOnlyPutsArtifacts',
      effect,
      principals,
      notActions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [artifacts],
      conditions,
    }),
    new iam.PolicyStatement({
      sid: 'HostDoesNothingElse',
      effect,
      principals,
      actions: ['s3:*'],
      notResources: [artifacts],
      conditions,
    }),
  ];
}
