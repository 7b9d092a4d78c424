import type { Problem } from './assembly/problem.ts';
import type { Resource } from './assembly/read-assembly.ts';
import type { BucketProperties } from './s3/bucket-properties.ts';

/**
 * Buckets that S3 cannot deliver access logs to: they must be there, in the same region, encrypted by S3's own keys, and without a lock by default (S3 user
 * guide, Enabling Amazon S3 server access logging).
 */
export function deliveryProblems(buckets: Resource[]): Problem[] {
  return buckets.flatMap(({ stack, region, logicalId, name, properties }) => {
    const { LoggingConfiguration: logging } = properties as BucketProperties;
    if (logging === undefined) return [];
    const target = logging.DestinationBucketName ?? name;
    const message = whyNot(
      region,
      buckets.find((bucket) => bucket.name === target),
    );
    return message === undefined
      ? []
      : [{ stack, logicalId, path: 'Properties.LoggingConfiguration', message: `${target} ${message}` }];
  });
}

function whyNot(region: string, target: Resource | undefined): string | undefined {
  if (target === undefined) return 'is no bucket of this assembly';
  if (target.region !== region) return `lies in ${target.region}, and S3 delivers logs within a region`;
  const properties = target.properties as BucketProperties;
  const [rule] = properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  if (rule?.ServerSideEncryptionByDefault?.SSEAlgorithm === 'aws:kms') return 'is encrypted with KMS, where S3 delivers no logs';
  if (properties.ObjectLockConfiguration?.Rule) return 'locks objects by default, where S3 delivers no logs';
  return undefined;
}
