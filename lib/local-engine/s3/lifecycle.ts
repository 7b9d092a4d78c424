import { createHash } from 'node:crypto';
import { requireRules } from './lifecycle-checks.ts';
import type { XmlValue } from './xml.ts';

/** `LifecycleConfiguration` as CloudFormation writes it. */
export interface LifecycleConfiguration {
  Rules: LifecycleRule[];
  TransitionDefaultMinimumObjectSize?: 'all_storage_classes_128K' | 'varies_by_storage_class';
}

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

/** Throws a `TypeError` that names what cannot be carried out, or what S3 would refuse. */
export function requireLifecycle(configuration: LifecycleConfiguration | undefined): void {
  if (configuration !== undefined) requireRules(configuration);
}

/** The id of a rule: its own, or one that S3 makes up for it. */
export function ruleId(rule: LifecycleRule): string {
  return rule.Id ?? createHash('sha256').update(JSON.stringify(rule)).digest('base64url').slice(0, 32);
}

/** A CloudFormation rule as the S3 API shows it. */
export function lifecycleXml(rule: LifecycleRule): XmlValue {
  const noncurrent = rule.NoncurrentVersionExpiration;
  return {
    ID: ruleId(rule),
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
