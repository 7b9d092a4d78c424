import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { trailName } from '../functions/contract/names.ts';

export const ACCESS_LOGS = 'access/';
const TRAIL = 'trail';
/** An intruder who is noticed after months must still be found in them. */
const LOG_DAYS = 400;

/**
 * Who touched the vault: a bucket of its own for S3's access logs and the trail, since a bucket with locks takes no logs. Encrypted by S3, because the
 * service that delivers access logs can use no key of ours.
 */
export class VaultLogs extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [
        { id: 'old-logs', expiration: Duration.days(LOG_DAYS), noncurrentVersionExpiration: Duration.days(1) },
        { id: 'markers-and-uploads', expiredObjectDeleteMarker: true, abortIncompleteMultipartUploadAfter: Duration.days(2) },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Records every call on an object of the vault. */
  watch(suite: string, vault: s3.Bucket): void {
    const trail = new cloudtrail.Trail(this, 'Trail', {
      trailName: trailName(suite),
      bucket: this.bucket,
      s3KeyPrefix: TRAIL,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
      // Changes of the bucket and of keys are management events, which rules hear of only where a trail records them.
      managementEvents: cloudtrail.ReadWriteType.WRITE_ONLY,
      enableFileValidation: true,
    });
    trail.addS3EventSelector([{ bucket: vault }], { includeManagementEvents: false });
    // CDK lets any trail of any account write, and names none since the trail needs the policy first.
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'OnlyThisTrail',
        effect: iam.Effect.DENY,
        principals: [new iam.ServicePrincipal('cloudtrail.amazonaws.com')],
        actions: ['s3:*'],
        resources: [this.bucket.bucketArn, this.bucket.arnForObjects('*')],
        conditions: {
          StringNotEquals: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudtrail',
              resource: 'trail',
              resourceName: trailName(suite),
            }),
          },
        },
      }),
    );
  }
}
