import { hexOf } from '../assembly/resource-types.ts';
import type { Caller } from '../signature.ts';

/** Who made a call, as CloudTrail says it: a user, or a session of a role with the role as its issuer. */
export function userIdentity({ principalArn, accessKeyId }: Caller, at: Date): Record<string, unknown> {
  const [, partition, , , accountId = ''] = principalArn.split(':');
  const name = principalArn.slice(principalArn.lastIndexOf('/') + 1);
  if (!principalArn.includes(':role/')) {
    const principalId = `AIDA${hexOf(principalArn, 17).toUpperCase()}`;
    return { type: 'IAMUser', principalId, arn: principalArn, accountId, accessKeyId, userName: name };
  }
  const principalId = `AROA${hexOf(name, 17).toUpperCase()}`;
  return {
    type: 'AssumedRole',
    principalId: `${principalId}:${name}`,
    arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${name}`,
    accountId,
    accessKeyId,
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId, arn: principalArn, accountId, userName: name },
      attributes: { creationDate: `${at.toISOString().slice(0, 19)}Z`, mfaAuthenticated: 'false' },
    },
  };
}
