import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Vault } from './vault.ts';

/** A URL dies with the signer's credentials, whose remaining life in a warm function is not documented: never plan for more. */
const SECONDS = 900;

export function presignedUrl(vault: Vault, key: string, versionId: string): Promise<string> {
  const command = new GetObjectCommand({ Bucket: vault.bucket, Key: key, VersionId: versionId });
  return getSignedUrl(vault.client, command, { expiresIn: SECONDS });
}
