import { type LifecycleConfiguration, lifecycleXml, requireLifecycle } from './lifecycle.ts';
import { type LoggingConfiguration, requireLogging } from './logging-configuration.ts';
import { type ObjectLockConfiguration, requireObjectLock } from './object-lock-configuration.ts';
import { type ReplicationConfiguration, requireReplication } from './replication-configuration.ts';
import type { XmlValue } from './xml.ts';

/** The resolved properties of an `AWS::S3::Bucket`, as far as they are carried out. */
export interface BucketProperties {
  VersioningConfiguration?: { Status: 'Enabled' | 'Suspended' };
  LifecycleConfiguration?: LifecycleConfiguration;
  BucketEncryption?: {
    ServerSideEncryptionConfiguration: {
      BucketKeyEnabled?: boolean;
      ServerSideEncryptionByDefault?: { SSEAlgorithm: string; KMSMasterKeyID?: string };
    }[];
  };
  LoggingConfiguration?: LoggingConfiguration;
  ReplicationConfiguration?: ReplicationConfiguration;
  ObjectLockEnabled?: boolean;
  ObjectLockConfiguration?: ObjectLockConfiguration;
}

const CARRIED_OUT = [
  'VersioningConfiguration',
  'LifecycleConfiguration',
  'BucketEncryption',
  'LoggingConfiguration',
  'ReplicationConfiguration',
  'ObjectLockEnabled',
  'ObjectLockConfiguration',
];
// They restrict what a public or foreign caller may do, or only describe: on a loopback address there is nothing to carry out.
const WITHOUT_EFFECT = ['AccessControl', 'BucketName', 'PublicAccessBlockConfiguration', 'OwnershipControls', 'Tags'];
/** Canned ACLs that let nobody in but the owner, and the service that delivers logs. */
const CLOSED_ACLS = ['BucketOwnerFullControl', 'LogDeliveryWrite', 'Private'];

/**
 * Takes the resolved JSON of an `AWS::S3::Bucket` and throws a `TypeError` that names whatever this server would not carry out:
 * a bucket that silently lacked a lock or a replica would look protected.
 */
export function parseBucketProperties(properties: Record<string, unknown>): BucketProperties {
  const unknown = Object.keys(properties).filter((name) => !CARRIED_OUT.includes(name) && !WITHOUT_EFFECT.includes(name));
  if (unknown.length > 0) throw new TypeError(`Bucket properties that are not implemented: ${unknown.join(', ')}`);
  const { AccessControl = 'Private' } = properties;
  if (!CLOSED_ACLS.includes(String(AccessControl)))
    throw new TypeError(`AccessControl: ${String(AccessControl)} is not implemented`);
  const known = Object.fromEntries(Object.entries(properties).filter(([name]) => CARRIED_OUT.includes(name))) as BucketProperties;
  requireVersioning(known);
  requireEncryption(known);
  requireLogging(known.LoggingConfiguration);
  requireLifecycle(known.LifecycleConfiguration);
  const complete = requireObjectLock(known);
  requireReplication(complete);
  return complete;
}

/** The content of the answer to GetBucketLifecycleConfiguration; undefined where there are no rules. */
export function lifecycleDocument(properties: BucketProperties): XmlValue | undefined {
  const rules = properties.LifecycleConfiguration?.Rules;
  return rules ? { Rule: rules.map(lifecycleXml) } : undefined;
}

function requireVersioning(properties: BucketProperties): void {
  const versioning = properties.VersioningConfiguration;
  if (versioning === undefined || ['Enabled', 'Suspended'].includes(versioning.Status)) return;
  throw new TypeError(`VersioningConfiguration.Status: ${JSON.stringify(versioning.Status)} is neither Enabled nor Suspended`);
}

function requireEncryption(properties: BucketProperties): void {
  const rules = properties.BucketEncryption?.ServerSideEncryptionConfiguration;
  if (rules === undefined) return;
  const byDefault = rules[0]?.ServerSideEncryptionByDefault;
  if (rules.length !== 1 || !byDefault)
    throw new TypeError('BucketEncryption: exactly one rule with ServerSideEncryptionByDefault is expected');
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId } = byDefault;
  if (!['AES256', 'aws:kms'].includes(algorithm))
    throw new TypeError(`BucketEncryption: SSEAlgorithm ${algorithm} is not implemented`);
  if (keyId !== undefined && typeof keyId !== 'string')
    throw new TypeError('BucketEncryption: KMSMasterKeyID is not a resolved string');
}
