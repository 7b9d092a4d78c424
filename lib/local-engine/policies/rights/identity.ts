import type { RightsTable } from '../right.ts';

/** STS: who one is may be asked by everybody; acting as a role is between its trust policy and the caller's own. */
export const identityRights: RightsTable = {
  GetCallerIdentity: () => [],
  AssumeRole: ({ RoleArn, RoleSessionName, ExternalId }) => [
    {
      action: 'sts:AssumeRole',
      resource: String(RoleArn),
      context: {
        'sts:rolesessionname': RoleSessionName === undefined ? undefined : String(RoleSessionName),
        'sts:externalid': ExternalId === undefined ? undefined : String(ExternalId),
      },
    },
  ],
};
