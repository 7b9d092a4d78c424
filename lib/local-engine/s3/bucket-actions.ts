import type { Bucket } from './bucket.ts';
import { lifecycleDocument } from './bucket-properties.ts';
import { answerXml, type BucketCall, type Call } from './call.ts';
import { replicationXml } from './replication-configuration.ts';
import { S3Error } from './s3-error.ts';

/** ListBuckets. */
export async function listBuckets({ response }: Call, buckets: Bucket[]): Promise<void> {
  const sorted = [...buckets].sort((a, b) => (a.name < b.name ? -1 : 1));
  answerXml(response, 'ListAllMyBucketsResult', {
    Owner: { ID: 'local' },
    Buckets: { Bucket: sorted.map((bucket) => ({ Name: bucket.name, CreationDate: bucket.created.toISOString() })) },
  });
}

export async function headBucket({ response, region }: BucketCall): Promise<void> {
  response.setHeader('x-amz-bucket-region', region);
  response.end();
}

/** GetBucketLocation: the first of all regions is the empty constraint. */
export async function getBucketLocation({ response, region }: BucketCall): Promise<void> {
  answerXml(response, 'LocationConstraint', region === 'us-east-1' ? '' : region);
}

export async function getBucketVersioning({ response, bucket }: BucketCall): Promise<void> {
  answerXml(response, 'VersioningConfiguration', { Status: bucket.versioning });
}

export async function getBucketReplication({ response, bucket }: BucketCall): Promise<void> {
  const { ReplicationConfiguration: configuration } = bucket.properties;
  if (!configuration) {
    throw new S3Error('ReplicationConfigurationNotFoundError', 'The replication configuration was not found');
  }
  answerXml(response, 'ReplicationConfiguration', replicationXml(configuration));
}

export async function getBucketLifecycle({ response, bucket }: BucketCall): Promise<void> {
  const document = lifecycleDocument(bucket.properties);
  if (!document) throw new S3Error('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist');
  answerXml(response, 'LifecycleConfiguration', document);
}
