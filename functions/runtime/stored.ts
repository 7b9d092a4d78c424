import { S3Client } from '@aws-sdk/client-s3';
import { NamedError } from '../contract/errors.ts';
import { type ReadFrom, replicaFacts } from '../contract/replica.ts';
import { optional } from './environment.ts';
import { Vault } from './vault.ts';

/** Gives the bucket that the objects of a point are read from. @throws NamedError NoReplica */
export function storedIn(vault: Vault): (from: ReadFrom) => Vault {
  const facts = optional('REPLICA', replicaFacts);
  const replica = facts && new Vault(facts.bucket, new S3Client({ region: facts.region }), 'replica');
  return (from) => {
    if (from === 'vault') return vault;
    if (!replica) throw new NamedError('NoReplica', 'The suite has no replica to read from.');
    return replica;
  };
}
