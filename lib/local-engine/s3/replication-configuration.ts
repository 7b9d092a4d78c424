import type { BucketProperties } from './bucket-properties.ts';
import { requireStorageClass } from './storage-class.ts';
import type { Tag } from './version.ts';
import type { XmlValue } from './xml.ts';

interface CloudFormationTag {
  Key: string;
  Value: string;
}

interface Switch {
  Status: 'Enabled' | 'Disabled';
}

/** `ReplicationConfiguration` as CloudFormation writes it. */
export interface ReplicationConfiguration {
  Role: string;
  Rules: ReplicationRule[];
}

export interface ReplicationRule {
  Id?: string;
  Status: 'Enabled' | 'Disabled';
  Priority?: number;
  Filter: { Prefix?: string; TagFilter?: CloudFormationTag; And?: { Prefix?: string; TagFilters?: CloudFormationTag[] } };
  DeleteMarkerReplication?: Switch;
  SourceSelectionCriteria?: { SseKmsEncryptedObjects?: Switch; ReplicaModifications?: Switch };
  Destination: {
    /** An ARN. */
    Bucket: string;
    Account?: string;
    StorageClass?: string;
    EncryptionConfiguration?: { ReplicaKmsKeyID: string };
    /** They change how fast AWS is, and what it measures. */
    Metrics?: Switch & { EventThreshold?: { Minutes: number } };
    ReplicationTime?: Switch & { Time?: { Minutes: number } };
    AccessControlTranslation?: { Owner: string };
  };
}

const RULE = ['Id', 'Status', 'Priority', 'Filter', 'DeleteMarkerReplication', 'SourceSelectionCriteria', 'Destination'];
const DESTINATION = [
  'Bucket',
  'Account',
  'StorageClass',
  'EncryptionConfiguration',
  'Metrics',
  'ReplicationTime',
  'AccessControlTranslation',
];

/** Throws a `TypeError` that names what is not carried out, or what S3 would refuse. */
export function requireReplication({ ReplicationConfiguration: configuration, ...properties }: BucketProperties): void {
  if (configuration === undefined) return;
  only(configuration, ['Role', 'Rules']);
  if (properties.VersioningConfiguration?.Status !== 'Enabled') refuse("versioning must be 'Enabled' on the bucket");
  for (const rule of configuration.Rules) requireRule(rule);
  const destinations = new Set(configuration.Rules.map(({ Destination }) => Destination.Bucket));
  if (destinations.size > 1) refuse('several destinations are not implemented');
  const priorities = new Set(configuration.Rules.map(({ Priority }) => Priority));
  if (priorities.size < configuration.Rules.length) refuse('each of several rules needs a Priority of its own');
}

/** The prefix and the tags that an object must have for a rule. */
export function filterOf({ Filter: { Prefix, TagFilter, And } }: ReplicationRule): { prefix: string; tags: Tag[] } {
  const tags = [...(TagFilter ? [TagFilter] : []), ...(And?.TagFilters ?? [])];
  return { prefix: Prefix ?? And?.Prefix ?? '', tags: tags.map(({ Key, Value }) => ({ key: Key, value: Value })) };
}

/** The name of the bucket that replicas go to. */
export function destinationOf({ Destination }: ReplicationRule): string {
  return Destination.Bucket.slice(Destination.Bucket.lastIndexOf(':') + 1);
}

/** The content of the answer to GetBucketReplication. */
export function replicationXml({ Role, Rules }: ReplicationConfiguration): XmlValue {
  return { Role, Rule: Rules.map(ruleXml) };
}

function ruleXml(rule: ReplicationRule): XmlValue {
  const { Filter, Destination } = rule;
  return {
    ID: rule.Id,
    Priority: rule.Priority,
    Filter: { Prefix: Filter.Prefix, Tag: tagXml(Filter.TagFilter), And: Filter.And && andXml(Filter.And) },
    Status: rule.Status,
    SourceSelectionCriteria: rule.SourceSelectionCriteria && {
      SseKmsEncryptedObjects: switchXml(rule.SourceSelectionCriteria.SseKmsEncryptedObjects),
      ReplicaModifications: switchXml(rule.SourceSelectionCriteria.ReplicaModifications),
    },
    Destination: {
      Bucket: Destination.Bucket,
      Account: Destination.Account,
      StorageClass: Destination.StorageClass,
      AccessControlTranslation: Destination.AccessControlTranslation && { Owner: Destination.AccessControlTranslation.Owner },
      EncryptionConfiguration: Destination.EncryptionConfiguration && {
        ReplicaKmsKeyID: Destination.EncryptionConfiguration.ReplicaKmsKeyID,
      },
      ReplicationTime: Destination.ReplicationTime && {
        Status: Destination.ReplicationTime.Status,
        Time: { Minutes: Destination.ReplicationTime.Time?.Minutes },
      },
      Metrics: Destination.Metrics && {
        Status: Destination.Metrics.Status,
        EventThreshold: Destination.Metrics.EventThreshold && { Minutes: Destination.Metrics.EventThreshold.Minutes },
      },
    },
    DeleteMarkerReplication: switchXml(rule.DeleteMarkerReplication),
  };
}

function andXml({ Prefix, TagFilters = [] }: NonNullable<ReplicationRule['Filter']['And']>): XmlValue {
  return { Prefix, Tag: TagFilters.map((tag) => tagXml(tag)!) };
}

function tagXml(tag: CloudFormationTag | undefined): XmlValue {
  return tag && { Key: tag.Key, Value: tag.Value };
}

function switchXml(value: Switch | undefined): XmlValue {
  return value && { Status: value.Status };
}

function requireRule(rule: ReplicationRule): void {
  // Rules without a Filter are of the first version, which replicates delete markers.
  if (rule.Filter === undefined) refuse('rules without a Filter (of version 1) are not implemented');
  only(rule, RULE);
  if (!['Enabled', 'Disabled'].includes(rule.Status)) refuse(`Status ${rule.Status}`);
  only(rule.Filter, ['Prefix', 'TagFilter', 'And']);
  only(rule.Filter.And ?? {}, ['Prefix', 'TagFilters']);
  only(rule.Destination, DESTINATION);
  const { SseKmsEncryptedObjects: kms, ReplicaModifications: modifications, ...others } = rule.SourceSelectionCriteria ?? {};
  only(others, []);
  if (rule.DeleteMarkerReplication?.Status === 'Enabled') refuse('DeleteMarkerReplication is not implemented');
  if (modifications?.Status === 'Enabled') refuse('ReplicaModifications is not implemented');
  if (!/^arn:[^:]+:s3:::[^:/]+$/.test(rule.Destination.Bucket)) refuse(`Destination.Bucket ${rule.Destination.Bucket} is no ARN`);
  if (rule.Destination.StorageClass !== undefined) requireStorageClass(rule.Destination.StorageClass, refuse);
  if (kms?.Status === 'Enabled' && !rule.Destination.EncryptionConfiguration?.ReplicaKmsKeyID) {
    refuse('SseKmsEncryptedObjects needs EncryptionConfiguration.ReplicaKmsKeyID');
  }
}

function only(value: object, names: string[]): void {
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0) refuse(`fields that are not implemented: ${unknown.join(', ')}`);
}

function refuse(reason: string): never {
  throw new TypeError(`ReplicationConfiguration: ${reason}`);
}
