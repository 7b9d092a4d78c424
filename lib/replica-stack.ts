import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Replica, SuiteConfig } from './config/suite-config.ts';
import { replicaLifecycleRules } from './replica-lifecycle.ts';
import { replicaPlace } from './replica-place.ts';
import { replicaKeyPolicy, replicaPolicy } from './replica-policy.ts';
import { untilSealed } from './vault-stack.ts';

/** A second home for every point in another region, and if wanted in another account. Deployed before the vault, which replicates to it. */
export class ReplicaStack extends Stack {
  constructor(scope: Construct, id: string, { suite, replica }: { suite: SuiteConfig; replica: Replica }) {
    super(scope, id, {
      env: { region: replica.region, ...(replica.account !== null && { account: replica.account }) },
      terminationProtection: true,
      description: `Replica of the recovery points of ${suite.name}`,
    });
    const place = replicaPlace(this, suite)!;
    const key = new kms.Key(this, 'Key', {
      description: `Replica of the recovery points of ${suite.name}`,
      alias: place.keyAlias,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of replicaKeyPolicy(this, suite)) key.addToResourcePolicy(statement);
    const { lock } = suite.vault;
    const bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: place.bucketName,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // As in the vault: S3 replicates from a bucket that can lock only to one that can, too.
      objectLockEnabled: true,
      ...(lock && { objectLockDefaultRetention: untilSealed(lock) }),
      lifecycleRules: replicaLifecycleRules(suite.name, suite.retention),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of replicaPolicy(bucket, suite)) bucket.addToResourcePolicy(statement);
    new CfnOutput(this, 'ReplicaBucket', { value: bucket.bucketName });
  }
}
