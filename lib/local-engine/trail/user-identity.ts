import { hexOf } from '../assembly/resource-types.ts';
import { accountOf, isService, nameOfRole } from '../policies/principal.ts';
import type { Caller } from '../signature.ts';

/** Who made a call, as CloudTrail says it: a user, or a session of a role with the role as its issuer. */
export function userIdentity({ principal, accessKeyId }: Caller, at: Date): Record<string, unknown> {
  if (isService(principal)) return { type: 'AWSService', invokedBy: principal.service };
  const { identityArn, arn } = principal;
  const accountId = accountOf(identityArn);
  const name = nameOfRole(identityArn);
  if (arn === identityArn) {
    const principalId = `AIDA${hexOf(identityArn, 17).toUpperCase()}`;
    return { type: 'IAMUser', principalId, arn, accountId, accessKeyId, userName: name };
  }
  const principalId = `AROA${hexOf(name, 17).toUpperCase()}`;
  return {
    type: 'AssumedRole',
    principalId: `${principalId}:${nameOfRole(arn)}`,
    arn,
    accountId,
    accessKeyId,
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId, arn: identityArn, accountId, userName: name },
      attributes: { creationDate: `${at.toISOString().slice(0, 19)}Z`, mfaAuthenticated: 'false' },
    },
  };
}
