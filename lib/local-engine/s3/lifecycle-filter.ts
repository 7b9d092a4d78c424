import type { LifecycleRule } from './lifecycle.ts';
import type { Version } from './version.ts';

/** Whether a rule has a condition beside the prefix, which neither markers nor uploads can fulfil. */
export function looksInside({ TagFilters = [], ...rule }: LifecycleRule): boolean {
  return TagFilters.length > 0 || hasSizes(rule as LifecycleRule);
}

/** A size of the rule's own takes the place of S3's default for small objects. */
export function hasSizes({ ObjectSizeGreaterThan, ObjectSizeLessThan }: LifecycleRule): boolean {
  return ObjectSizeGreaterThan !== undefined || ObjectSizeLessThan !== undefined;
}

/**
 * Whether a rule applies to a version: prefix, every tag and both sizes together. Each version has tags of its own, and they decide about
 * it; a delete marker has neither tags nor a size.
 */
export function applies(rule: LifecycleRule, version: Version): boolean {
  if (!version.key.startsWith(rule.Prefix ?? '')) return false;
  if (version.deleteMarker) return !looksInside(rule);
  const { ObjectSizeGreaterThan: above = -1, ObjectSizeLessThan: below = Number.POSITIVE_INFINITY, TagFilters = [] } = rule;
  if (version.size <= Number(above) || version.size >= Number(below)) return false;
  return TagFilters.every(({ Key, Value }) => version.tags.some(({ key, value }) => key === Key && value === Value));
}
