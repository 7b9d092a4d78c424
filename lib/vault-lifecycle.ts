import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { keys } from '../functions/contract/keys.ts';
import { FAILED_DAYS } from '../functions/contract/retention-plan.ts';
import { type Colder, RETENTION_TAG, TIERS } from '../functions/contract/tiers.ts';
import { retentionDays } from './config/retention-policy.ts';
import type { Retention } from './config/suite-config.ts';

/** A version hidden by a delete marker (an expiry that raced a pin, a deletion by hand) can be brought back for so long. */
const HIDDEN_DAYS = 14;
/**
 * S3 counts from each object's own creation and removes at midnight UTC: an artifact made before midnight would go a day before the
 * manifest that was made after it.
 */
const ARTIFACTS_LATER_DAYS = 2;
/** What nobody reads once the run that wrote it has ended: lists of a restore or an assessment, a scratch's password. */
export const WORK_DAYS = 3;
const RESTORE_RECORD_DAYS = 400;
const FAILURE_RECORD_DAYS = 90;
const TOUCH_RECORD_DAYS = 400;
const REPLICA_RECORD_DAYS = 400;
/** A proof holds all that its findings say. */
const FINDINGS_DAYS = 14;

/** What a point is made of, by prefix; `later`: days after its manifest. */
const partsOf = (suite: string) => [
  { name: 'manifests', prefix: keys.manifests(suite), later: 0 },
  { name: 'artifacts', prefix: keys.artifacts(suite), later: ARTIFACTS_LATER_DAYS },
  { name: 'proofs', prefix: keys.proofs(suite), later: ARTIFACTS_LATER_DAYS },
];

/** What each tier's tag means, in the vault and, some days `later`, at its replica. */
export function tierRules(suite: string, retention: Retention, { later, hiddenDays }: { later: number; hiddenDays: number }) {
  const days = retentionDays(retention);
  return TIERS.flatMap((tier) =>
    partsOf(suite).flatMap((part): s3.LifecycleRule[] => {
      const stay = days[tier];
      const colder = part.name === 'artifacts' && (tier === 'monthly' || tier === 'yearly') ? retention.colder[tier] : null;
      if (stay === null && !colder) return [];
      const expires = stay === null ? null : stay + part.later + later;
      return [tagged(`${tier}-${part.name}`, part.prefix, tier, expires, hiddenDays, colder)];
    }),
  );
}

/**
 * Expiry by prefix and tag. No rule matches `pinned`, and none expires noncurrent versions by prefix alone, which would delete pinned
 * ones; only the lock, which is replaced all the time, has such a rule.
 */
export function lifecycleRules(suite: string, retention: Retention, hasReplica: boolean): s3.LifecycleRule[] {
  return [
    ...tierRules(suite, retention, { later: 0, hiddenDays: HIDDEN_DAYS }),
    ...partsOf(suite).map(({ name, prefix }) => tagged(`failed-${name}`, prefix, 'failed', FAILED_DAYS, HIDDEN_DAYS)),
    {
      id: 'failure-records',
      prefix: keys.failures(suite),
      expiration: Duration.days(FAILURE_RECORD_DAYS),
      noncurrentVersionExpiration: Duration.days(HIDDEN_DAYS),
    },
    {
      id: 'touches',
      prefix: keys.touches(suite),
      expiration: Duration.days(TOUCH_RECORD_DAYS),
      noncurrentVersionExpiration: Duration.days(HIDDEN_DAYS),
    },
    ...(hasReplica
      ? [
          {
            id: 'replica-records',
            prefix: keys.replicaRecords(suite),
            expiration: Duration.days(REPLICA_RECORD_DAYS),
            noncurrentVersionExpiration: Duration.days(HIDDEN_DAYS),
          },
        ]
      : []),
    {
      id: 'findings',
      prefix: keys.allFindings(suite),
      expiration: Duration.days(FINDINGS_DAYS),
      noncurrentVersionExpiration: Duration.days(1),
    },
    {
      id: 'work',
      prefix: keys.work(suite),
      expiration: Duration.days(WORK_DAYS),
      noncurrentVersionExpiration: Duration.days(1),
    },
    {
      id: 'restore-records',
      prefix: keys.restores(suite),
      expiration: Duration.days(RESTORE_RECORD_DAYS),
      noncurrentVersionExpiration: Duration.days(HIDDEN_DAYS),
    },
    { id: 'old-locks', prefix: keys.lock(suite), noncurrentVersionExpiration: Duration.days(1) },
    // S3 allows no tags in a rule for markers and uploads.
    {
      id: 'markers-and-uploads',
      prefix: `${suite}/`,
      expiredObjectDeleteMarker: true,
      abortIncompleteMultipartUploadAfter: Duration.days(2),
    },
  ];
}

function tagged(
  id: string,
  prefix: string,
  value: string,
  days: number | null,
  hiddenDays: number,
  colder: Colder | null = null,
): s3.LifecycleRule {
  return {
    id,
    prefix,
    tagFilters: { [RETENTION_TAG]: value },
    ...(days === null ? {} : { expiration: Duration.days(days), noncurrentVersionExpiration: Duration.days(hiddenDays) }),
    ...(colder && {
      transitions: [{ storageClass: new s3.StorageClass(colder.storageClass), transitionAfter: Duration.days(colder.afterDays) }],
    }),
  };
}
