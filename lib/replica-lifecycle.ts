import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { keys } from '../functions/contract/keys.ts';
import { REPLICA_LATER_DAYS } from '../functions/contract/replica.ts';
import { RETENTION_TAG, TIERS } from '../functions/contract/tiers.ts';
import { retentionDays } from './config/retention-policy.ts';
import type { Retention } from './config/suite-config.ts';
import { ARTIFACTS_LATER_DAYS, WORK_DAYS } from './vault-lifecycle.ts';

/** Whatever tag an object gets, so many days pass before its bytes are gone. */
const HIDDEN_DAYS = 30;

/**
 * Tags are replicated, rules are not. No rule here knows `failed`: who marks points as failed in the vault, rightly or not, takes nothing
 * from the replica; so what failed runs left stays here until somebody clears it away by hand.
 */
export function replicaLifecycleRules(suite: string, retention: Retention): s3.LifecycleRule[] {
  const days = retentionDays(retention);
  const prefixes = [
    { name: 'manifests', prefix: keys.manifests(suite), later: 0 },
    { name: 'artifacts', prefix: keys.artifacts(suite), later: ARTIFACTS_LATER_DAYS },
    { name: 'proofs', prefix: keys.proofs(suite), later: ARTIFACTS_LATER_DAYS },
  ];
  const tiers = TIERS.flatMap((tier) =>
    prefixes.flatMap(({ name, prefix, later }): s3.LifecycleRule[] => {
      const stay = days[tier];
      const colder = name === 'artifacts' && (tier === 'monthly' || tier === 'yearly') ? retention.colder[tier] : null;
      if (stay === null && !colder) return [];
      return [
        {
          id: `${tier}-${name}`,
          prefix,
          tagFilters: { [RETENTION_TAG]: tier },
          ...(stay !== null && {
            expiration: Duration.days(stay + later + REPLICA_LATER_DAYS),
            noncurrentVersionExpiration: Duration.days(HIDDEN_DAYS),
          }),
          ...(colder && {
            transitions: [
              { storageClass: new s3.StorageClass(colder.storageClass), transitionAfter: Duration.days(colder.afterDays) },
            ],
          }),
        },
      ];
    }),
  );
  return [
    ...tiers,
    {
      id: 'work',
      prefix: keys.work(suite),
      expiration: Duration.days(WORK_DAYS),
      noncurrentVersionExpiration: Duration.days(1),
    },
    { id: 'markers', prefix: `${suite}/`, expiredObjectDeleteMarker: true },
  ];
}
