import type { BucketProperties } from './bucket-properties.ts';
import { filterOf, type ReplicationRule } from './replication-configuration.ts';
import { isArchive } from './storage-class.ts';
import type { ObjectVersion, Replication } from './version.ts';

/**
 * The rule that replicates a version, the one with the highest priority; undefined where none does. Rules decide when a version is made
 * and for ever, except for its own changes: what was there before them stays as it is.
 */
export function replicationRule(
  { ReplicationConfiguration: configuration }: BucketProperties,
  version: Pick<ObjectVersion, 'key' | 'tags' | 'encryption' | 'storageClass'>,
): ReplicationRule | undefined {
  // Objects in the archives are not replicated (S3 user guide, What isn't replicated).
  if (configuration === undefined || isArchive(version)) return undefined;
  const matching = configuration.Rules.filter((rule) => {
    const { prefix, tags } = filterOf(rule);
    if (rule.Status !== 'Enabled' || !version.key.startsWith(prefix)) return false;
    if (
      version.encryption.algorithm === 'aws:kms' &&
      rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status !== 'Enabled'
    ) {
      return false;
    }
    return tags.every((tag) => version.tags.some(({ key, value }) => key === tag.key && value === tag.value));
  });
  return matching.sort((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0))[0];
}

/** A change of what replicas have too is replicated again; what has failed cannot be tried again. */
export function afterChange(version: ObjectVersion, change: object): Replication | undefined {
  const { replication } = version;
  if (replication === undefined || !['PENDING', 'COMPLETED'].includes(replication.status)) return undefined;
  const isReplicated = ['tags', 'lock', 'legalHold'].some((name) => name in change);
  return isReplicated ? { ...replication, status: 'PENDING' } : undefined;
}

/** `x-amz-replication-status` of a source or of a replica. */
export function replicationHeader({ replication }: ObjectVersion): Record<string, string> {
  return replication === undefined ? {} : { 'x-amz-replication-status': replication.status };
}

/** "S3 Lifecycle blocks expiration and transition actions on objects with PENDING or FAILED replication status" (user guide). */
export function blocksLifecycle({ replication }: ObjectVersion): boolean {
  return replication !== undefined && ['PENDING', 'FAILED'].includes(replication.status);
}
