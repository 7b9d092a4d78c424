import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface HostPolicyProps {
  readonly suite: string;
  /** Name of the existing role of the host, without its path. */
  readonly roleName: string;
  readonly bucket: s3.IBucket;
  readonly key: kms.IKey;
  readonly logGroup: logs.ILogGroup;
}

/**
 * All that the host may do, written out. CDK's `grantPut` would also hand out tagging (with which a host could mark every point
 * `failed`) and retention. A multipart upload with KMS needs Decrypt besides GenerateDataKey; both work only through S3 and only for
 * this bucket. What keeps the host from reading is that it has no s3:GetObject, and the bucket's own policy.
 */
export function hostPolicy(scope: Construct, id: string, props: HostPolicyProps): iam.CfnPolicy {
  const { region, urlSuffix } = Stack.of(scope);
  const allow = (sid: string, actions: string[], resources: string[], conditions?: Record<string, Record<string, string>>) =>
    new iam.PolicyStatement({ sid, actions, resources, conditions });
  const statements = [
    allow(
      'PutArtifacts',
      ['s3:PutObject', 's3:AbortMultipartUpload'],
      [props.bucket.arnForObjects(`${props.suite}/artifacts/*`)],
    ),
    allow('EncryptArtifacts', ['kms:GenerateDataKey', 'kms:Decrypt'], [props.key.keyArn], {
      StringEquals: {
        'kms:ViaService': `s3.${region}.${urlSuffix}`,
        'kms:EncryptionContext:aws:s3:arn': props.bucket.bucketArn,
      },
    }),
    // The SSM agent on the host delivers the output of commands with the host's role.
    allow('DeliverLogs', ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], [props.logGroup.logGroupArn]),
    allow('FindLogGroup', ['logs:DescribeLogGroups'], ['*']),
  ];
  return new iam.CfnPolicy(scope, id, {
    policyName: `${props.suite}-backup-host`,
    roles: [props.roleName],
    policyDocument: new iam.PolicyDocument({ statements }),
  });
}
