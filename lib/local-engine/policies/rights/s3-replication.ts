import type { ReplicationRule } from '../../s3/replication-configuration.ts';
import type { ObjectVersion } from '../../s3/version.ts';
import type { Right } from '../right.ts';
import { bucketArn, ofObject } from './s3-target.ts';

/** What the role of a replication needs to copy a version, or what has changed of it, from one bucket to another. */
export function replicationRights(from: string, to: string, version: ObjectVersion, rule: ReplicationRule): Right[] {
  const { key, tags, encryption } = version;
  const [source, target] = [from, to].map((name) => ({ bucket: { name }, key })) as [Target, Target];
  const isLocked = version.lock !== undefined || version.legalHold !== undefined;
  const on = (of: Target, actions: string[]) => actions.flatMap((action) => ofObject(of, action));
  return [
    { action: 's3:GetReplicationConfiguration', resource: bucketArn(from) },
    { action: 's3:ListBucket', resource: bucketArn(from) },
    ...on(source, ['GetObjectVersionForReplication', 'GetObjectVersionAcl']),
    ...on(source, tags.length > 0 ? ['GetObjectVersionTagging'] : []),
    ...on(source, isLocked ? ['GetObjectRetention', 'GetObjectLegalHold'] : []),
    ...on(target, ['ReplicateObject', ...(tags.length > 0 ? ['ReplicateTags'] : [])]),
    ...on(target, rule.Destination.AccessControlTranslation ? ['ObjectOwnerOverrideToBucketOwner'] : []),
    ...keyRight(source, encryption.keyId, encryption.bucketKey, 'kms:Decrypt'),
    ...keyRight(
      target,
      encryption.keyId && rule.Destination.EncryptionConfiguration?.ReplicaKmsKeyID,
      encryption.bucketKey,
      'kms:Encrypt',
    ),
  ];
}

interface Target {
  bucket: { name: string };
  key: string;
}

function keyRight({ bucket, key }: Target, keyId: string | undefined, bucketKey: boolean | undefined, action: string): Right[] {
  if (keyId === undefined) return [];
  const of = bucketArn(bucket.name);
  const context = {
    'kms:encryptioncontext:aws:s3:arn': bucketKey ? of : `${of}/${key}`,
    'kms:encryptioncontextkeys': ['aws:s3:arn'],
  };
  return [{ action, resource: keyId, context, via: 's3' }];
}
