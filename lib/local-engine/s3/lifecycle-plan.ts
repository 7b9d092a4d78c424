import type { BucketProperties } from './bucket-properties.ts';
import { type LifecycleRule, ruleId } from './lifecycle.ts';
import { DAY, dueAfter } from './lifecycle-dates.ts';
import { applies, hasSizes } from './lifecycle-filter.ts';
import { isLocked } from './object-lock.ts';
import { blocksLifecycle } from './replication-status.ts';
import { canMove, isCheaper } from './storage-class.ts';
import type { ObjectVersion, Version } from './version.ts';

/** Something that is due for a version, and the rule that says so. */
export interface LifecycleAction {
  /** `expire` hides the current version, or removes it where there are no versions; `remove` is for good; `move` changes the class. */
  what: 'expire' | 'remove' | 'move';
  version: Version;
  rule: string;
  storageClass?: string;
}

interface Due {
  at: Date;
  rule: string;
}

/** "Objects smaller than 128 KB will not transition to any storage class by default" (TransitionDefaultMinimumObjectSize). */
const SMALLEST_TO_MOVE = 128 * 1024;

/**
 * What is due now for the versions of one key, which come the newest first. The oldest go first: what is above a version decides about
 * it, and must still be there when its turn comes. Where several actions meet, S3's own order holds (user guide, How S3
 * handles conflicts in lifecycle configurations): removal for good before a move, a move before a delete marker, the shorter expiry, the
 * cheaper class.
 */
export function planLifecycle(properties: BucketProperties, versions: readonly Version[], now: Date): LifecycleAction[] {
  const rules = enabledRules(properties);
  const [current] = versions;
  if (current === undefined) return [];
  const ofCurrent = current.deleteMarker
    ? planLoneMarker(rules, current, versions.length, now)
    : planCurrent(rules, properties, current, now);
  if (!properties.VersioningConfiguration) return ofCurrent;
  const ofOthers = versions.slice(1).map((_, index) => planNoncurrent(rules, properties, versions, index + 1, now));
  return [...ofOthers.reverse().flat(), ...ofCurrent];
}

export function enabledRules({ LifecycleConfiguration }: BucketProperties): LifecycleRule[] {
  return (LifecycleConfiguration?.Rules ?? []).filter(({ Status }) => Status === 'Enabled');
}

/** When a current version or a marker expires, by the rule that expires it first. */
export function expiryOf(rules: LifecycleRule[], version: Version): Due | undefined {
  return earliest(
    rules.flatMap((rule) => {
      const at = dateOf(version.lastModified, rule.ExpirationInDays, rule.ExpirationDate);
      return at !== undefined && applies(rule, version) ? [{ at, rule: ruleId(rule) }] : [];
    }),
  );
}

/** A marker without a version below it goes at once by its own action, and at its age by an expiry in days. */
function planLoneMarker(rules: LifecycleRule[], marker: Version, count: number, now: Date): LifecycleAction[] {
  if (count > 1) return [];
  const own = rules.find((rule) => rule.ExpiredObjectDeleteMarker === true && applies(rule, marker));
  const due = earliest([
    ...(own ? [{ at: dueAfter(marker.lastModified, 0), rule: ruleId(own) }] : []),
    ...[expiryOf(rules, marker)].filter((expiry) => expiry !== undefined),
  ]);
  return due !== undefined && due.at <= now ? [{ what: 'remove', version: marker, rule: due.rule }] : [];
}

function planCurrent(rules: LifecycleRule[], properties: BucketProperties, version: ObjectVersion, now: Date): LifecycleAction[] {
  if (blocksLifecycle(version)) return [];
  const expiry = expiryOf(rules, version);
  const moves = rules
    .filter((rule) => applies(rule, version))
    .flatMap((rule) =>
      (rule.Transitions ?? []).map(({ StorageClass, TransitionInDays, TransitionDate }) => {
        // One of the two is there, or the bucket would have been refused.
        const at = dateOf(version.lastModified, TransitionInDays, TransitionDate)!;
        return { at, rule, storageClass: StorageClass };
      }),
    );
  const versioned = properties.VersioningConfiguration !== undefined;
  // A move of the same day goes first, so the marker comes the day after; where nothing is kept there is no point in moving.
  const wait = versioned && moves.some(({ at }) => at.getTime() === expiry?.at.getTime()) ? DAY : 0;
  const expires = expiry !== undefined && expiry.at.getTime() + wait <= now.getTime();
  const before = expires ? moves.filter(({ at }) => versioned && at <= expiry.at) : moves;
  return [
    ...planMove(before, properties, version, now),
    ...(expires ? [{ what: 'expire', version, rule: expiry.rule } as const] : []),
  ];
}

function planNoncurrent(
  rules: LifecycleRule[],
  properties: BucketProperties,
  versions: readonly Version[],
  position: number,
  now: Date,
): LifecycleAction[] {
  const version = versions[position]!;
  if (!version.deleteMarker && blocksLifecycle(version)) return [];
  // "Amazon S3 looks at when its successor was created"; markers do not count among the newer versions that are kept.
  const since = versions[position - 1]!.lastModified;
  const newer = versions.slice(1, position).filter(({ deleteMarker }) => !deleteMarker).length;
  const matching = rules.filter((rule) => applies(rule, version));
  const removal = earliest(
    matching.flatMap((rule) => {
      const { NoncurrentDays, NewerNoncurrentVersions = 0 } = rule.NoncurrentVersionExpiration ?? {};
      if (NoncurrentDays === undefined || newer < NewerNoncurrentVersions) return [];
      return [{ at: dueAfter(since, NoncurrentDays), rule: ruleId(rule) }];
    }),
  );
  if (removal !== undefined && removal.at <= now && !isLocked(version, now)) {
    return [{ what: 'remove', version, rule: removal.rule }];
  }
  if (version.deleteMarker) return [];
  const moves = matching.flatMap((rule) =>
    (rule.NoncurrentVersionTransitions ?? [])
      .filter(({ NewerNoncurrentVersions = 0 }) => newer >= NewerNoncurrentVersions)
      .map(({ StorageClass, TransitionInDays }) => ({ at: dueAfter(since, TransitionInDays), rule, storageClass: StorageClass })),
  );
  return planMove(moves, properties, version, now);
}

/** The class that a version ends in when every move that is due is made in the order of its day, the cheaper class of one day. */
function planMove(
  moves: { at: Date; rule: LifecycleRule; storageClass: string }[],
  properties: BucketProperties,
  version: ObjectVersion,
  now: Date,
): LifecycleAction[] {
  const due = moves
    .filter(({ at, rule, storageClass }) => at <= now && isLargeEnough(rule, properties, version, storageClass))
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (isCheaper(a.storageClass, b.storageClass) ? -1 : 1));
  let last: LifecycleAction | undefined;
  for (const { rule, storageClass } of due) {
    if (!canMove(last?.storageClass ?? version.storageClass, storageClass)) continue;
    last = { what: 'move', version, rule: ruleId(rule), storageClass };
  }
  return last === undefined ? [] : [last];
}

function isLargeEnough(rule: LifecycleRule, properties: BucketProperties, version: ObjectVersion, storageClass: string): boolean {
  if (version.size >= SMALLEST_TO_MOVE || hasSizes(rule)) return true;
  const varies = properties.LifecycleConfiguration?.TransitionDefaultMinimumObjectSize === 'varies_by_storage_class';
  return varies && ['GLACIER', 'DEEP_ARCHIVE'].includes(storageClass);
}

/** A date goes on applying to what is made after it. */
function dateOf(from: string, days: number | undefined, date: string | undefined): Date | undefined {
  if (days !== undefined) return dueAfter(from, days);
  if (date === undefined) return undefined;
  return Date.parse(from) < Date.parse(date) ? new Date(date) : dueAfter(from, 0);
}

function earliest(dues: Due[]): Due | undefined {
  return dues.reduce<Due | undefined>((first, due) => (first === undefined || due.at < first.at ? due : first), undefined);
}
