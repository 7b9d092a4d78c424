import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { replicationRoleName } from '../functions/contract/names.ts';
import type { SuiteConfig } from './config/suite-config.ts';
import { type ReplicaPlace, replicaKeyRight, replicatedPrefixes } from './replica-place.ts';

export interface ReplicationProps {
  readonly suite: SuiteConfig;
  readonly bucket: s3.Bucket;
  readonly key: kms.Key;
  readonly replica: ReplicaPlace;
}

/** Copies every point to its replica, with its tags and locks; what is deleted here stays there. */
export class Replication extends Construct {
  constructor(scope: Construct, id: string, { suite, bucket, key, replica }: ReplicationProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { region, urlSuffix } = stack;
    const otherAccount = suite.vault.replica?.account ?? null;
    const prefixes = replicatedPrefixes(suite.name);
    const patterns = Object.values(prefixes).map((prefix) => `${prefix}*`);
    const role = new iam.Role(this, 'Role', {
      roleName: replicationRoleName(suite.name),
      description: `Copies the recovery points of ${suite.name} to their replica`,
      assumedBy: new iam.ServicePrincipal('s3.amazonaws.com'),
    });
    const allow = (right: iam.PolicyStatementProps) => role.addToPolicy(new iam.PolicyStatement(right));
    allow({ actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'], resources: [bucket.bucketArn] });
    allow({
      actions: [
        's3:GetObjectVersionForReplication',
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionTagging',
        's3:GetObjectRetention',
        's3:GetObjectLegalHold',
      ],
      resources: patterns.map((pattern) => bucket.arnForObjects(pattern)),
    });
    allow({
      actions: [
        's3:ReplicateObject',
        's3:ReplicateTags',
        ...(otherAccount === null ? [] : ['s3:ObjectOwnerOverrideToBucketOwner']),
      ],
      resources: patterns.map(replica.objects),
    });
    allow({
      actions: ['kms:Decrypt'],
      resources: [key.keyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': `s3.${region}.${urlSuffix}`,
          'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn,
        },
      },
    });
    allow(replicaKeyRight(stack, replica, ['kms:Encrypt', 'kms:GenerateDataKey']));

    const destination: s3.CfnBucket.ReplicationDestinationProperty = {
      bucket: replica.bucketArn,
      encryptionConfiguration: { replicaKmsKeyId: replica.keyAliasArn },
      metrics: { status: 'Enabled' },
      ...(otherAccount !== null && { account: otherAccount, accessControlTranslation: { owner: 'Destination' } }),
    };
    // Written out: CDK's own way gives its role more, and knows no alias for a key.
    (bucket.node.defaultChild as s3.CfnBucket).replicationConfiguration = {
      role: role.roleArn,
      rules: Object.entries(prefixes).map(([name, prefix], index) => ({
        id: name,
        status: 'Enabled',
        priority: index + 1,
        filter: { prefix },
        deleteMarkerReplication: { status: 'Disabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination,
      })),
    };
  }
}
