import { AssumeRoleCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@aws-sdk/types';
import { whoAmI } from './who.ts';

/** Of a session: what AWS grants to a role that is taken on by another role. */
const SESSION_SECONDS = 3600;
/** A run may take longer than a session: a new one is begun this long before the old one ends. */
const EARLY_MILLISECONDS = 5 * 60_000;

/** Credentials of the suite's operator role, taken on with the caller's own: one session for all clients, begun anew while it is still good. */
export function operatorCredentials(settings: STSClientConfig, roleArn: string): () => Promise<AwsCredentialIdentity> {
  const sts = new STSClient(settings);
  let session: Promise<AwsCredentialIdentity & { expiration: Date }> | undefined;
  return async () => {
    const current = await session?.catch(() => undefined);
    if (current === undefined || current.expiration.getTime() - Date.now() < EARLY_MILLISECONDS) session = begin(sts, roleArn);
    return session!;
  };
}

async function begin(sts: STSClient, roleArn: string): Promise<AwsCredentialIdentity & { expiration: Date }> {
  const request = { RoleArn: roleArn, RoleSessionName: sessionName(), DurationSeconds: SESSION_SECONDS };
  const { Credentials } = await sts.send(new AssumeRoleCommand(request));
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
    expiration: Credentials!.Expiration!,
  };
}

/** Who it was, as the trail shows it: 2 to 64 characters of those that AWS allows there. */
function sessionName(): string {
  return whoAmI()
    .replace(/[^\w+=,.@-]/g, '-')
    .slice(0, 64)
    .padEnd(2, '-');
}
