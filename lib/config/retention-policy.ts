import type { RetentionPolicy } from '../../functions/contract/retention-plan.ts';
import { TIERS, type Tier } from '../../functions/contract/tiers.ts';
import type { Retention, SuiteConfig } from './suite-config.ts';

/** What decides how long points stay, as agents and the operator's command get it. */
export function retentionPolicy({ timeZone, retention }: SuiteConfig): RetentionPolicy {
  const { minimumProven, colder } = retention;
  return { timeZone, days: retentionDays(retention), colder: { daily: null, weekly: null, ...colder }, minimumProven };
}

/**
 * Days that a recovery point of each tier stays; null: for ever. S3 counts from the day after an object was made, so a tier of N
 * holds at least N points: a month is counted as 31 days, a year as 366.
 */
export function retentionDays(retention: Omit<Retention, 'colder'>): Record<Tier, number | null> {
  return {
    daily: retention.daily,
    weekly: retention.weekly * 7,
    monthly: retention.monthly * 31,
    yearly: retention.yearly === 'forever' ? null : retention.yearly * 366,
  };
}

/** A yearly point that stays for ever cannot be locked for ever: each run that holds or keeps it locks it anew. */
const YEAR = 366;

/** Days that versions of each tier are locked: as long as the tier lives, unless the suite file says less. */
export function lockDays(retention: Omit<Retention, 'colder'>, given: Partial<Record<Tier, number>>): Record<Tier, number> {
  const days = retentionDays(retention);
  return Object.fromEntries(TIERS.map((tier) => [tier, given[tier] ?? days[tier] ?? YEAR])) as Record<Tier, number>;
}
