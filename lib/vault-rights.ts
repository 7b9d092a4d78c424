import { Stack } from 'aws-cdk-lib';
import type { ReplicaFacts } from '../functions/contract/replica.ts';
import { RETENTION_TAG, type Retention } from '../functions/contract/tiers.ts';
import type { Agent } from './platform/agent.ts';
import { type ReplicaPlace, replicaKeyRight } from './replica-place.ts';
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
  /** Tags of versions by their ids. The right to tag is the right to expire: each agent may give certain words only. */
  readonly tag?: { readonly keys: readonly string[]; readonly words: readonly Retention[] };
  /** Locking versions, where the suite file asks for that. */
  readonly lock?: readonly string[];
  readonly remove?: readonly string[];
  /** One version for good: of a delete marker, which S3 cannot tell from a version with bytes in a policy. */
  readonly removeVersions?: readonly string[];
  readonly list?: readonly string[];
  /** Listing every version, hidden ones too. */
  readonly history?: readonly string[];
  /** The same of the replica, where the suite file asks for one. */
  readonly replica?: Pick<VaultRights, 'read' | 'readVersions' | 'thaw' | 'list'>;
  /** Writing evidence, or asking whether it was written by who may. */
  readonly evidence?: 'sign' | 'check' | 'sign-and-check';
}

/**
 * Gives an agent its rights on the vault, written out: CDK's `grant*` helpers also hand out tagging, which is the right to expire.
 * Whoever reads may list, too: without it S3 answers 403 for what does not exist, which could not be told from a missing right. Whoever
 * puts may read: a put whose answer was lost is repeated and finds the key taken, perhaps by itself.
 */
export function giveVaultRights(agent: Agent, vault: VaultStack, suite: string, rights: VaultRights): Agent {
  const { bucket, key } = vault;
  const objects = (patterns: readonly string[]) => patterns.map((pattern) => bucket.arnForObjects(`${suite}/${pattern}`));
  const {
    readVersions = [],
    put = [],
    thaw = [],
    tag,
    remove = [],
    removeVersions = [],
    list = [],
    history = [],
    evidence,
    lock = [],
  } = rights;
  const read = [...new Set([...(rights.read ?? []), ...put])];
  if (read.length) agent.allow(['s3:GetObject'], objects(read));
  if (readVersions.length) agent.allow(['s3:GetObjectVersion'], objects(readVersions));
  if (put.length) agent.allow(['s3:PutObject'], objects(put));
  if (thaw.length) agent.allow(['s3:RestoreObject'], objects(thaw));
  if (tag) {
    agent.allow(['s3:GetObjectVersionTagging'], objects(tag.keys));
    agent.allow(['s3:PutObjectVersionTagging'], objects(tag.keys), {
      StringEquals: { [`s3:RequestObjectTag/${RETENTION_TAG}`]: [...tag.words] },
    });
  }
  if (lock.length && vault.lock) {
    agent.allow(['s3:GetObjectRetention', 's3:PutObjectRetention'], objects(lock));
    agent.function.addEnvironment('OBJECT_LOCK', JSON.stringify(vault.lock));
  }
  if (removeVersions.length) agent.allow(['s3:DeleteObjectVersion'], objects(removeVersions));
  if (remove.length) agent.allow(['s3:DeleteObject'], objects(remove));
  const listed = [...new Set([...list, ...read, ...readVersions])];
  if (listed.length) {
    agent.allow(['s3:ListBucket'], [bucket.bucketArn], {
      StringLike: { 's3:prefix': listed.map((pattern) => `${suite}/${pattern}`) },
    });
  }
  if (history.length) {
    agent.allow(['s3:ListBucketVersions'], [bucket.bucketArn], {
      StringLike: { 's3:prefix': history.map((pattern) => `${suite}/${pattern}`) },
    });
  }
  if (rights.replica && vault.replica) giveReplicaRights(agent, vault.replica, suite, rights.replica);
  if (evidence) {
    const actions = { sign: ['kms:Sign'], check: ['kms:Verify'], 'sign-and-check': ['kms:Sign', 'kms:Verify'] };
    agent.allow(actions[evidence], [vault.signingKey.keyArn]);
    agent.function.addEnvironment('SIGNING_KEY', vault.signingKey.keyArn);
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

function giveReplicaRights(
  agent: Agent,
  place: ReplicaPlace,
  suite: string,
  { read = [], readVersions = [], thaw = [], list = [] }: NonNullable<VaultRights['replica']>,
): void {
  const objects = (patterns: readonly string[]) => patterns.map((pattern) => place.objects(`${suite}/${pattern}`));
  if (read.length) agent.allow(['s3:GetObject'], objects(read));
  if (readVersions.length) agent.allow(['s3:GetObjectVersion'], objects(readVersions));
  if (thaw.length) agent.allow(['s3:RestoreObject'], objects(thaw));
  const listed = [...new Set([...list, ...read, ...readVersions])].map((pattern) => `${suite}/${pattern}`);
  agent.allow(['s3:ListBucket'], [place.bucketArn], { StringLike: { 's3:prefix': listed } });
  if (read.length + readVersions.length) {
    const { actions, resources, conditions } = replicaKeyRight(Stack.of(agent), place, ['kms:Decrypt']);
    agent.allow(actions, resources, conditions);
  }
  const facts: ReplicaFacts = { bucket: place.bucketName, region: place.region };
  agent.function.addEnvironment('REPLICA', JSON.stringify(facts));
}
