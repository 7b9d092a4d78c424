import { Duration } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { keys } from '../functions/contract/keys.ts';
import { REPLICA_LATER_DAYS } from '../functions/contract/replica.ts';
import type { Retention } from './config/suite-config.ts';
import { tierRules, WORK_DAYS } from './vault-lifecycle.ts';

/** Whatever tag an object gets, so many days pass before its bytes are gone. */
const HIDDEN_DAYS = 30;

/**
 * Tags are replicated, rules are not. No rule here knows `failed`: who marks points as failed in the vault, rightly or not, takes nothing
 * from the replica; so what failed runs left stays here until somebody clears it away by hand.
 */
export function replicaLifecycleRules(suite: string, retention: Retention): s3.LifecycleRule[] {
  return [
    ...tierRules(suite, retention, { later: REPLICA_LATER_DAYS, hiddenDays: HIDDEN_DAYS }),
    {
      id: 'work',
      prefix: keys.work(suite),
      expiration: Duration.days(WORK_DAYS),
      noncurrentVersionExpiration: Duration.days(1),
    },
    { id: 'markers', prefix: `${suite}/`, expiredObjectDeleteMarker: true },
  ];
}
