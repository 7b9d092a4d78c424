import { Stack } from 'aws-cdk-lib';
import type { Agent } from './platform/agent.ts';
import type { VaultStack } from './vault-stack.ts';

/** Patterns of keys below the suite's prefix that an agent may use; nothing that is not listed. */
export interface VaultRights {
  /** What lies there now. */
  readonly read?: readonly string[];
  /** Versions by their ids, as a manifest names them: for S3 a right of its own. */
  readonly readVersions?: readonly string[];
  readonly put?: readonly string[];
  /** Asking for archived bytes, which costs money. */
  readonly thaw?: readonly string[];
  /** Tags of versions by their ids. */
  readonly tag?: readonly string[];
  readonly remove?: readonly string[];
  readonly list?: readonly string[];
}

/**
 * Gives an agent its rights on the vault, written out: CDK's `grant*` helpers also hand out tagging, which is the right to expire.
 * Whoever reads may list, too: without it S3 answers 403 for what does not exist, which could not be told from a missing right. Whoever
 * puts may read: a put whose answer was lost is repeated and finds the key taken, perhaps by itself.
 */
export function giveVaultRights(agent: Agent, vault: VaultStack, suite: string, rights: VaultRights): Agent {
  const { bucket, key } = vault;
  const objects = (patterns: readonly string[]) => patterns.map((pattern) => bucket.arnForObjects(`${suite}/${pattern}`));
  const { readVersions = [], put = [], thaw = [], tag = [], remove = [], list = [] } = rights;
  const read = [...new Set([...(rights.read ?? []), ...put])];
  if (read.length) agent.allow(['s3:GetObject'], objects(read));
  if (readVersions.length) agent.allow(['s3:GetObjectVersion'], objects(readVersions));
  if (put.length) agent.allow(['s3:PutObject'], objects(put));
  if (thaw.length) agent.allow(['s3:RestoreObject'], objects(thaw));
  if (tag.length) agent.allow(['s3:PutObjectVersionTagging'], objects(tag));
  if (remove.length) agent.allow(['s3:DeleteObject'], objects(remove));
  const listed = [...new Set([...list, ...read, ...readVersions])];
  if (listed.length) {
    agent.allow(['s3:ListBucket'], [bucket.bucketArn], {
      StringLike: { 's3:prefix': listed.map((pattern) => `${suite}/${pattern}`) },
    });
  }
  const uses = [...(read.length + readVersions.length ? ['kms:Decrypt'] : []), ...(put.length ? ['kms:GenerateDataKey'] : [])];
  if (uses.length) {
    agent.allow(uses, [key.keyArn], {
      StringEquals: {
        'kms:ViaService': `s3.${Stack.of(agent).region}.${Stack.of(agent).urlSuffix}`,
        'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn,
      },
    });
  }
  return agent;
}
