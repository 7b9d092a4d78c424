import type { XmlValue } from './xml.ts';

/** A rule of `LifecycleConfiguration` as CloudFormation writes it. */
export interface LifecycleRule {
  Id?: string;
  Status: 'Enabled' | 'Disabled';
  Prefix?: string;
  TagFilters?: { Key: string; Value: string }[];
  ObjectSizeGreaterThan?: number | string;
  ObjectSizeLessThan?: number | string;
  ExpirationInDays?: number;
  ExpirationDate?: string;
  ExpiredObjectDeleteMarker?: boolean;
  NoncurrentVersionExpiration?: { NoncurrentDays: number; NewerNoncurrentVersions?: number };
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
  Transitions?: { StorageClass: string; TransitionInDays?: number; TransitionDate?: string }[];
  NoncurrentVersionTransitions?: { StorageClass: string; TransitionInDays: number; NewerNoncurrentVersions?: number }[];
}

const FIELDS = [
  'Id',
  'Status',
  'Prefix',
  'TagFilters',
  'ObjectSizeGreaterThan',
  'ObjectSizeLessThan',
  'ExpirationInDays',
  'ExpirationDate',
  'ExpiredObjectDeleteMarker',
  'NoncurrentVersionExpiration',
  'AbortIncompleteMultipartUpload',
  'Transitions',
  'NoncurrentVersionTransitions',
];

/** A CloudFormation rule as the S3 API shows it; throws a `TypeError` that names an unknown field. */
export function lifecycleXml(rule: LifecycleRule): XmlValue {
  const unknown = Object.keys(rule).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0)
    throw new TypeError(`Lifecycle rule ${rule.Id ?? ''}: fields that are not implemented: ${unknown.join(', ')}`);
  if (!['Enabled', 'Disabled'].includes(rule.Status))
    throw new TypeError(`Lifecycle rule ${rule.Id ?? ''}: Status ${rule.Status}`);
  const noncurrent = rule.NoncurrentVersionExpiration;
  return {
    ID: rule.Id,
    Filter: filter(rule),
    Status: rule.Status,
    Expiration: expiration(rule),
    Transition: rule.Transitions?.map((t) => ({
      Days: t.TransitionInDays,
      Date: t.TransitionDate,
      StorageClass: t.StorageClass,
    })),
    NoncurrentVersionExpiration: noncurrent && {
      NoncurrentDays: noncurrent.NoncurrentDays,
      NewerNoncurrentVersions: noncurrent.NewerNoncurrentVersions,
    },
    NoncurrentVersionTransition: rule.NoncurrentVersionTransitions?.map((t) => ({
      NoncurrentDays: t.TransitionInDays,
      NewerNoncurrentVersions: t.NewerNoncurrentVersions,
      StorageClass: t.StorageClass,
    })),
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload && {
      DaysAfterInitiation: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation,
    },
  };
}

function expiration(rule: LifecycleRule): XmlValue {
  const { ExpirationInDays, ExpirationDate, ExpiredObjectDeleteMarker } = rule;
  if (ExpirationInDays === undefined && ExpirationDate === undefined && ExpiredObjectDeleteMarker === undefined) return undefined;
  return { Days: ExpirationInDays, Date: ExpirationDate, ExpiredObjectDeleteMarker };
}

/** One condition stands alone, several stand in `And`. */
function filter(rule: LifecycleRule): XmlValue {
  const tags = (rule.TagFilters ?? []).map(({ Key, Value }) => ({ Key, Value }));
  const sizes = { ObjectSizeGreaterThan: rule.ObjectSizeGreaterThan, ObjectSizeLessThan: rule.ObjectSizeLessThan };
  const conditions = [rule.Prefix, ...tags, ...Object.values(sizes)].filter((condition) => condition !== undefined).length;
  if (conditions === 0) return { Prefix: '' };
  if (conditions > 1) return { And: { Prefix: rule.Prefix, Tag: tags, ...sizes } };
  return tags.length > 0 ? { Tag: tags } : { Prefix: rule.Prefix, ...sizes };
}
