import type { LifecycleConfiguration, LifecycleRule } from './lifecycle.ts';
import { DAY } from './lifecycle-dates.ts';
import { hasSizes } from './lifecycle-filter.ts';
import { movableClasses } from './storage-class.ts';

type Refuse = (reason: string) => never;

const CONFIGURATION_FIELDS = ['Rules', 'TransitionDefaultMinimumObjectSize'];
const ACTIONS = [
  'ExpirationInDays',
  'ExpirationDate',
  'ExpiredObjectDeleteMarker',
  'NoncurrentVersionExpiration',
  'AbortIncompleteMultipartUpload',
  'Transitions',
  'NoncurrentVersionTransitions',
] as const;
const FIELDS = ['Id', 'Status', 'Prefix', 'TagFilters', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan', ...ACTIONS];
const SMALLEST_SIZES = ['all_storage_classes_128K', 'varies_by_storage_class'];
/** Earlier than that S3 moves nothing to the two classes for infrequent access. */
const DAYS_BEFORE_INFREQUENT = 30;
const MOST_VERSIONS = 100;
const LONGEST_ID = 255;

/**
 * Whether S3 would take these rules: what it refuses in PutBucketLifecycleConfiguration must not first be found out when a stack is
 * deployed. Throws a `TypeError`, also for a field that is not carried out here.
 */
export function requireRules(configuration: LifecycleConfiguration): void {
  only(configuration, CONFIGURATION_FIELDS, (reason) => fail(`LifecycleConfiguration: ${reason}`));
  const { Rules, TransitionDefaultMinimumObjectSize: smallest } = configuration;
  if (smallest !== undefined && !SMALLEST_SIZES.includes(smallest)) {
    fail(`LifecycleConfiguration: TransitionDefaultMinimumObjectSize ${smallest} is not implemented`);
  }
  for (const rule of Rules) requireRule(rule);
  const ids = Rules.flatMap(({ Id }) => (Id === undefined ? [] : [Id]));
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) fail(`Lifecycle rule ${twice}: the Id is there twice`);
}

function requireRule(rule: LifecycleRule): void {
  const refuse: Refuse = (reason) => fail(`Lifecycle rule ${rule.Id ?? ''}: ${reason}`);
  only(rule, FIELDS, refuse);
  if (!['Enabled', 'Disabled'].includes(rule.Status)) refuse(`Status ${rule.Status}`);
  if ((rule.Id ?? '').length > LONGEST_ID) refuse(`the Id is longer than ${LONGEST_ID} characters`);
  if (!ACTIONS.some((action) => rule[action] !== undefined)) refuse('it has no action');
  requireCounts(rule, refuse);
  requireMoves(rule, refuse);
  const { ExpirationInDays, ExpirationDate, ExpiredObjectDeleteMarker, AbortIncompleteMultipartUpload, TagFilters = [] } = rule;
  const expirations = [ExpirationInDays, ExpirationDate, ExpiredObjectDeleteMarker].filter((value) => value !== undefined);
  if (expirations.length > 1) refuse('ExpirationInDays, ExpirationDate and ExpiredObjectDeleteMarker exclude each other');
  if (TagFilters.length > 0 && ExpiredObjectDeleteMarker !== undefined) refuse('ExpiredObjectDeleteMarker allows no tags');
  if (TagFilters.length > 0 && AbortIncompleteMultipartUpload !== undefined) {
    refuse('AbortIncompleteMultipartUpload allows no tags');
  }
  if (hasSizes(rule) && AbortIncompleteMultipartUpload !== undefined) refuse('AbortIncompleteMultipartUpload allows no sizes');
}

function requireCounts(rule: LifecycleRule, refuse: Refuse): void {
  const { NoncurrentVersionExpiration: noncurrent, AbortIncompleteMultipartUpload: abort } = rule;
  if (noncurrent) only(noncurrent, ['NoncurrentDays', 'NewerNoncurrentVersions'], refuse);
  if (abort) only(abort, ['DaysAfterInitiation'], refuse);
  const days = { ExpirationInDays: rule.ExpirationInDays, ...noncurrent, ...abort };
  for (const [name, value] of Object.entries(days)) {
    if (value !== undefined && !isWhole(value, 1)) refuse(`${name} must be a whole number from 1 on`);
  }
  if ((noncurrent?.NewerNoncurrentVersions ?? 0) > MOST_VERSIONS) refuse(`NewerNoncurrentVersions ends at ${MOST_VERSIONS}`);
  if (noncurrent !== undefined && noncurrent.NoncurrentDays === undefined) refuse('NoncurrentDays is missing');
  const dates = [rule.ExpirationDate, ...(rule.Transitions ?? []).map(({ TransitionDate }) => TransitionDate)];
  for (const date of dates) {
    if (date !== undefined && !(Date.parse(date) % DAY === 0)) refuse(`${date} is not midnight UTC`);
  }
  for (const size of [rule.ObjectSizeGreaterThan, rule.ObjectSizeLessThan]) {
    if (size !== undefined && !isWhole(Number(size), 0)) refuse(`${size} is no size`);
  }
}

function requireMoves(rule: LifecycleRule, refuse: Refuse): void {
  for (const move of rule.Transitions ?? []) {
    only(move, ['StorageClass', 'TransitionInDays', 'TransitionDate'], refuse);
    const { TransitionInDays: days, TransitionDate: date } = move;
    if ((days === undefined) === (date === undefined)) refuse('a transition has TransitionInDays or TransitionDate');
    requireMove(move, refuse);
    if (days !== undefined && rule.ExpirationInDays !== undefined && rule.ExpirationInDays <= days) {
      refuse("'Days' in the Expiration action must be greater than 'Days' in the Transition action");
    }
    if (
      (date !== undefined && rule.ExpirationInDays !== undefined) ||
      (days !== undefined && rule.ExpirationDate !== undefined)
    ) {
      refuse("Found mixed 'Date' and 'Days' based Expiration and Transition actions");
    }
  }
  for (const move of rule.NoncurrentVersionTransitions ?? []) {
    only(move, ['StorageClass', 'TransitionInDays', 'NewerNoncurrentVersions'], refuse);
    if (move.TransitionInDays === undefined) refuse('a noncurrent transition needs TransitionInDays');
    const { NewerNoncurrentVersions: newer } = move;
    if (newer !== undefined && !(isWhole(newer, 1) && newer <= MOST_VERSIONS))
      refuse(`NewerNoncurrentVersions ends at ${MOST_VERSIONS}`);
    requireMove(move, refuse);
  }
}

function requireMove(
  { StorageClass, TransitionInDays }: { StorageClass: string; TransitionInDays?: number },
  refuse: Refuse,
): void {
  if (!movableClasses().includes(StorageClass)) refuse(`transitions to ${StorageClass} are not implemented`);
  if (TransitionInDays === undefined) return;
  const least = ['STANDARD_IA', 'ONEZONE_IA'].includes(StorageClass) ? DAYS_BEFORE_INFREQUENT : 0;
  if (!isWhole(TransitionInDays, least)) {
    refuse(`'Days' in Transition action must be greater than or equal to ${least} for storageClass '${StorageClass}'`);
  }
}

function only(value: object, names: string[], refuse: Refuse): void {
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0) refuse(`fields that are not implemented: ${unknown.join(', ')}`);
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}

function fail(message: string): never {
  throw new TypeError(message);
}
