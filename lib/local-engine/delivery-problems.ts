import type { Problem } from './assembly/problem.ts';
import type { Resource } from './assembly/read-assembly.ts';
import type { BucketProperties } from './s3/bucket-properties.ts';

/**
 * Buckets that S3 cannot deliver access logs to: they must be there, encrypted by S3's own keys, and without a lock by default (S3 user
 * guide, Enabling Amazon S3 server access logging).
 */
export function deliveryProblems(buckets: Resource[]): Problem[] {
  return buckets.flatMap(({ stack, logicalId, name, properties }) => {
    const { LoggingConfiguration: logging } = properties as BucketProperties;
    if (logging === undefined) return [];
    const target = logging.DestinationBucketName ?? name;
    const message = whyNot(buckets.find((bucket) => bucket.name === target)?.properties);
    return message === undefined
      ? []
      : [{ stack, logicalId, path: 'Properties.LoggingConfiguration', message: `${target} ${message}` }];
  });
}

function whyNot(target: BucketProperties | undefined): string | undefined {
  if (target === undefined) return 'is no bucket of this assembly';
  const [rule] = target.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  if (rule?.ServerSideEncryptionByDefault?.SSEAlgorithm === 'aws:kms') return 'is encrypted with KMS, where S3 delivers no logs';
  if (target.ObjectLockConfiguration?.Rule) return 'locks objects by default, where S3 delivers no logs';
  return undefined;
}
