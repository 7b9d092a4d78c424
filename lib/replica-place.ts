import type { Stack } from 'aws-cdk-lib';
import { keys } from '../functions/contract/keys.ts';
import { replicaBucketName, replicaKeyAlias } from '../functions/contract/names.ts';
import type { SuiteConfig } from './config/suite-config.ts';

/** Where the replica lies, as the vault's stacks and its own name it. */
export interface ReplicaPlace {
  readonly region: string;
  readonly account: string;
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly objects: (pattern: string) => string;
  readonly keyAlias: string;
  /** For who encrypts: S3 takes the name of an alias for a key. */
  readonly keyAliasArn: string;
}

/** By fixed names: CloudFormation carries nothing from one region to another. Null: there is none. */
export function replicaPlace(stack: Stack, suite: SuiteConfig): ReplicaPlace | null {
  const { replica } = suite.vault;
  if (replica === null) return null;
  const { region } = replica;
  const account = replica.account ?? stack.account;
  const bucketName = replicaBucketName(suite.name, account);
  const bucketArn = `arn:${stack.partition}:s3:::${bucketName}`;
  const keyAlias = replicaKeyAlias(suite.name);
  return {
    region,
    account,
    bucketName,
    bucketArn,
    objects: (pattern) => `${bucketArn}/${pattern}`,
    keyAlias,
    keyAliasArn: `arn:${stack.partition}:kms:${region}:${account}:${keyAlias}`,
  };
}

/** What is replicated: what a point is made of, and what was decided about it. No locks, no failures. What a proof lets the host put lies below artifacts, too, and goes there by the same rule. */
export const replicatedPrefixes = (suite: string): Record<'manifests' | 'artifacts' | 'proofs' | 'decisions', string> => ({
  manifests: keys.manifests(suite),
  artifacts: keys.artifacts(suite),
  proofs: keys.proofs(suite),
  decisions: keys.retention(suite),
});

/** The replica's key, through S3 and for its bucket alone. Only it has the alias, and what else there is of it nobody knows here. */
export function replicaKeyRight(stack: Stack, place: ReplicaPlace, actions: string[]) {
  return {
    actions,
    resources: [`arn:${stack.partition}:kms:${place.region}:${place.account}:key/*`],
    conditions: {
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': place.keyAlias },
      StringEquals: {
        'kms:ViaService': `s3.${place.region}.${stack.urlSuffix}`,
        'kms:EncryptionContext:aws:s3:arn': place.bucketArn,
      },
    },
  };
}
