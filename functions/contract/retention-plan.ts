import { timeOf } from './ids.ts';
import { PERIODIC, periodOf } from './periods.ts';
import type { Hold } from './retention.ts';
import { COLDER_CLASSES, type Colder, TIERS, type Tier } from './tiers.ts';

/** What the suite file says, as agents and the operator's command get it. */
export interface RetentionPolicy {
  readonly timeZone: string;
  /** Days of each tier from when a point was stored; null: for ever. */
  readonly days: Readonly<Record<Tier, number | null>>;
  /** Where the artifacts of a tier are moved some day; null: nowhere. */
  readonly colder: Readonly<Record<Tier, Colder | null>>;
  /** So many of the newest proven points never go. */
  readonly minimumProven: number;
}

/** What is known of a stored point without reading it. */
export interface StoredPoint {
  readonly id: string;
  /** When S3 got its manifest: lifecycle counts from there. */
  readonly storedAt: Date;
  /** Its newest proof passed, and counts. */
  readonly proven: boolean;
  readonly asked: Tier;
  /** The newest decision about it; null: it lies there as it was sealed. */
  readonly decided: { readonly hold: Hold; readonly tier: Tier } | null;
}

export interface Decision {
  readonly id: string;
  readonly hold: Hold;
  readonly tier: Tier;
  readonly asked: Tier;
}

const DAY = 86_400_000;
/** S3 does not say whether it looks at tags once more when it removes an object: what goes so soon is not held any more, nor counted on. */
const TOO_LATE = 2 * DAY;

/** Days that an object lives under the tag `failed`, counted as every age from when it was stored. */
export const FAILED_DAYS = 3;

/**
 * When S3 lets an object go that was stored then: its days later, rounded up to the next midnight UTC. The removal itself may come later.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export function leavesAfter(storedAt: Date, days: number): Date {
  return new Date(Math.ceil((storedAt.getTime() + days * DAY) / DAY) * DAY);
}

/** When a point goes, if nothing else is decided; null: never. */
export function leavesAt(
  point: Pick<StoredPoint, 'storedAt'>,
  how: { hold: Hold; tier: Tier },
  policy: RetentionPolicy,
): Date | null {
  if (how.hold !== 'tier' && how.hold !== 'pruned') return null;
  const days = how.hold === 'pruned' ? FAILED_DAYS : policy.days[how.tier];
  return days === null ? null : leavesAfter(point.storedAt, days);
}

/** A point whose time has come, or that was given up, is not restored from any more, whatever S3 has removed so far. */
export function isOver(point: StoredPoint, policy: RetentionPolicy, now: Date): boolean {
  const how = howItLies(point);
  const leaves = leavesAt(point, how, policy);
  return how.hold === 'pruned' || (leaves !== null && leaves <= now);
}

export function howItLies({ asked, decided }: StoredPoint): { hold: Hold; tier: Tier } {
  return decided ?? { hold: 'tier', tier: asked };
}

/**
 * How long every point is to stay, in the order of ids; those that are over are left out. The newest proven ones are held. The first proven
 * point of a week, month or year stands for it, unless a run that asked for that tier does: so a missed month-end promotes the next proven point.
 * `unkept`: a point that an operator no longer keeps. It may be one of the newest proven ones, although its days are over.
 */
export function decide(
  points: readonly StoredPoint[],
  policy: RetentionPolicy,
  now: Date,
  unkept: string | null = null,
): Decision[] {
  const here = points.filter((point) => !isOver(point, policy, now)).sort((one, other) => (one.id < other.id ? -1 : 1));
  const sure = here.filter((point) => point.proven && !goesSoon(point, policy, now));
  const floor = new Set(sure.slice(-policy.minimumProven).map(({ id }) => id));
  const stands = standFor(sure, policy);
  return here.map((point): Decision => {
    const { id, asked } = point;
    const { hold, tier } = howItLies(point);
    if (goesSoon(point, policy, now) || (hold === 'damaged' && !point.proven)) return { id, hold, tier, asked };
    const earned = longest([asked, ...(stands.get(id) ?? [])]);
    return {
      id,
      hold: holdOf(point, floor.has(id), id === unkept),
      tier: mayShorten(point, earned, sure, policy, now) ? earned : longest([earned, tier]),
      asked,
    };
  });
}

/**
 * A point that was held and whose newest proof fails is no reason to let it go, at once if its days are over: perhaps the proof is wrong, and
 * nothing better may be there.
 */
function holdOf(point: StoredPoint, isFloor: boolean, isUnkept: boolean): Hold {
  const { hold } = howItLies(point);
  if (hold === 'kept' && !isUnkept) return 'kept';
  if (isFloor) return 'floor';
  return hold === 'floor' && !point.proven ? 'damaged' : 'tier';
}

/** Why a point stays as long as it does, for people. */
export function reasonOf({ hold, tier, asked }: Decision, { minimumProven }: RetentionPolicy): string {
  if (hold === 'floor')
    return minimumProven === 1 ? 'the newest proven point' : `one of the newest ${minimumProven} proven points`;
  if (hold === 'kept') return 'kept by an operator';
  if (hold === 'pruned') return 'given up by an operator';
  if (hold === 'damaged') return 'damaged: not counted on until it is proven again';
  if (tier === asked) return tier;
  return `${tier}: the first proven point of its ${{ daily: 'day', weekly: 'week', monthly: 'month', yearly: 'year' }[tier]}`;
}

/** Days of a colder storage class that are charged though the point is gone by then; null: none are. */
export function chargedDays(
  point: StoredPoint,
  policy: RetentionPolicy,
  goes: Date,
): { storageClass: string; days: number } | null {
  const { hold, tier } = howItLies(point);
  const colder = hold === 'tier' ? policy.colder[tier] : null;
  if (!colder) return null;
  const { storageClass, afterDays } = colder;
  const moved = leavesAfter(point.storedAt, afterDays);
  const days = Math.ceil((moved.getTime() + COLDER_CLASSES[storageClass] * DAY - goes.getTime()) / DAY);
  return moved <= goes && days > 0 ? { storageClass, days } : null;
}

export function isLonger(one: Date | null, other: Date | null): boolean {
  return other !== null && (one === null || one > other);
}

function goesSoon(point: StoredPoint, policy: RetentionPolicy, now: Date): boolean {
  const leaves = leavesAt(point, howItLies(point), policy);
  return leaves !== null && leaves.getTime() - now.getTime() < TOO_LATE;
}

/** The tiers that each point stands for: of every period the first proven point, or the one that stands for it already. */
function standFor(sure: readonly StoredPoint[], { timeZone }: RetentionPolicy): Map<string, Tier[]> {
  const stands = new Map<string, Tier[]>();
  for (const tier of PERIODIC) {
    for (const [, inPeriod] of Map.groupBy(sure, ({ id }) => periodOf(tier, timeOf(id), timeZone))) {
      if (inPeriod.some(({ asked }) => atLeast(asked, tier))) continue;
      const { id } = inPeriod.find(({ decided }) => decided && atLeast(decided.tier, tier)) ?? inPeriod[0]!;
      stands.set(id, [...(stands.get(id) ?? []), tier]);
    }
  }
  return stands;
}

/**
 * A point that was promoted steps back when a run that asked for that tier was proven in the same period, as the Sunday's full run an hour
 * after the daily one; but never so far that it goes at once.
 */
function mayShorten(point: StoredPoint, tier: Tier, sure: readonly StoredPoint[], policy: RetentionPolicy, now: Date): boolean {
  const before = howItLies(point).tier;
  if (atLeast(tier, before) || before === 'daily') return true;
  const leaves = leavesAt(point, { hold: 'tier', tier }, policy);
  if (leaves !== null && leaves.getTime() - now.getTime() < TOO_LATE) return false;
  const period = periodOf(before, timeOf(point.id), policy.timeZone);
  return sure.some(
    ({ id, asked }) => id !== point.id && atLeast(asked, before) && periodOf(before, timeOf(id), policy.timeZone) === period,
  );
}

function atLeast(one: Tier, other: Tier): boolean {
  return TIERS.indexOf(one) >= TIERS.indexOf(other);
}

function longest(tiers: readonly Tier[]): Tier {
  return tiers.reduce((one, other) => (atLeast(one, other) ? one : other));
}
