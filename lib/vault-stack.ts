import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { vaultReaderRoleName } from '../functions/contract/names.ts';
import type { ObjectLock } from '../functions/contract/object-lock.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { type ReplicaPlace, replicaKeyRight, replicaPlace } from './replica-place.ts';
import { Replication } from './replication.ts';
import { hostOnlyThroughS3, onlySealAndProofSign } from './vault-key-policy.ts';
import { lifecycleRules } from './vault-lifecycle.ts';
import { ACCESS_LOGS, VaultLogs } from './vault-logs.ts';
import { vaultPolicy } from './vault-policy.ts';

/** From an upload to its seal, which locks it for as long as it is to stay. */
const LOCKED_UNTIL_SEALED_DAYS = 1;

/** Everything that must outlive the workflows: the bucket, its keys and its logs. Protected from deletion, and kept even if the stack is deleted. */
export class VaultStack extends Stack {
  readonly bucket: s3.Bucket;
  readonly key: kms.Key;
  /** Signs manifests and proofs; an asymmetric key does not rotate. */
  readonly signingKey: kms.Key;
  readonly lock: ObjectLock | null;
  readonly replica: ReplicaPlace | null;

  constructor(scope: Construct, id: string, props: { suite: SuiteConfig }) {
    super(scope, id, { terminationProtection: true, description: `Recovery points of ${props.suite.name}` });
    const { suite } = props;
    this.lock = suite.vault.lock;
    this.replica = replicaPlace(this, suite);
    this.key = new kms.Key(this, 'Key', {
      description: `Recovery points of ${suite.name}`,
      alias: `${suite.name}-vault`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.key.addToResourcePolicy(hostOnlyThroughS3(this, suite));
    this.signingKey = new kms.Key(this, 'SigningKey', {
      description: `Signs manifests and proofs of ${suite.name}`,
      alias: `${suite.name}-evidence`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.signingKey.addToResourcePolicy(onlySealAndProofSign(this, suite.name));
    const logs = new VaultLogs(this, 'Logs');
    this.bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: this.key,
      // The host's right to the key is bound to the bucket's ARN, which is the encryption context only with a bucket key.
      bucketKeyEnabled: true,
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // Always, though it does nothing by itself: CloudFormation would replace the bucket if it were wanted later.
      objectLockEnabled: true,
      ...(this.lock && { objectLockDefaultRetention: untilSealed(this.lock) }),
      serverAccessLogsBucket: logs.bucket,
      serverAccessLogsPrefix: ACCESS_LOGS,
      lifecycleRules: lifecycleRules(suite.name, suite.retention, suite.vault.replica !== null),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of vaultPolicy(this.bucket, this.key, suite)) this.bucket.addToResourcePolicy(statement);
    if (suite.vault.trail) logs.watch(suite.name, this.bucket);
    if (this.replica) new Replication(this, 'Replication', { suite, bucket: this.bucket, key: this.key, replica: this.replica });
    this.readerByHand(suite);
    for (const [id, secret] of Object.entries({
      PrivateKey: suite.encryption.privateKey,
      Passphrase: suite.encryption.passphrase,
    })) {
      if (secret && !secret.arn) this.secret(id, secret.name, suite);
    }
  }

  /** Made without a value, which only the operator has. Kept even when the suite file names it no more: what it opens would be lost with it. */
  private secret(id: string, name: string, { name: suite, encryption }: SuiteConfig): void {
    const made = new secretsmanager.CfnSecret(this, id, {
      name,
      description: `Opens recovery points of ${suite}; the agents of proofs and restores read it, nobody else`,
      kmsKeyId: encryption.kmsKey ?? undefined,
    });
    made.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }

  /** A role that people may take on who may take on roles of the account; its use is recorded, and told. */
  private readerByHand({ name }: SuiteConfig): void {
    const reader = new iam.Role(this, 'Reader', {
      roleName: vaultReaderRoleName(name),
      description: `Reads everything in the vault of ${name} by hand, when the workflows are not at hand`,
      assumedBy: new iam.AccountRootPrincipal(),
      maxSessionDuration: Duration.hours(12),
    });
    const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, string>>) =>
      reader.addToPolicy(new iam.PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));
    allow(['s3:ListBucket', 's3:ListBucketVersions'], [this.bucket.bucketArn]);
    allow(['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionTagging'], [this.bucket.arnForObjects('*')]);
    allow(['kms:Decrypt'], [this.key.keyArn], { StringEquals: { 'kms:ViaService': `s3.${this.region}.${this.urlSuffix}` } });
    allow(['kms:GetPublicKey', 'kms:Verify'], [this.signingKey.keyArn]);
    if (this.replica) {
      allow(['s3:ListBucket', 's3:ListBucketVersions'], [this.replica.bucketArn]);
      allow(['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionTagging'], [this.replica.objects('*')]);
      reader.addToPolicy(new iam.PolicyStatement(replicaKeyRight(this, this.replica, ['kms:Decrypt'])));
    }
    new CfnOutput(this, 'ReaderRole', { value: reader.roleArn });
  }
}

/** The lock of what is new in the vault, and so in its replica. */
export function untilSealed({ mode }: ObjectLock): s3.ObjectLockRetention {
  const days = Duration.days(LOCKED_UNTIL_SEALED_DAYS);
  return mode === 'compliance' ? s3.ObjectLockRetention.compliance(days) : s3.ObjectLockRetention.governance(days);
}
