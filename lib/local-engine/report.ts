import { type Assembly, resourcesOf } from './assembly/read-assembly.ts';

/** `property`: only where a resource of these types has it. */
const notCarriedOut: { types: string[]; property?: string; sentence: string }[] = [
  {
    types: ['AWS::IAM::Role'],
    sentence:
      'Policies are enforced on every call that the engine carries out; deploying and tracing are no such calls, so nobody asks for iam:PassRole or xray:*.',
  },
  {
    types: ['AWS::IAM::Role'],
    sentence:
      'The operator stands for an administrator of the account: nothing is refused but what the policy of a resource denies.',
  },
  {
    types: ['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy'],
    sentence: 'A call over the loopback address counts as one over TLS (aws:SecureTransport).',
  },
  {
    types: ['AWS::KMS::Key', 'AWS::KMS::Alias'],
    sentence: 'Objects lie on the disk as they are: a KMS key decides who can read them, and encrypts nothing of them.',
  },
  {
    types: ['AWS::S3::Bucket'],
    sentence: 'Lifecycle rules are carried out when the engine starts and once a day while it runs, not in between.',
  },
  {
    types: ['AWS::S3::Bucket'],
    sentence: 'An archived object can be read two seconds after it is asked for; AWS takes hours.',
  },
  {
    types: ['AWS::S3::Bucket'],
    property: 'ReplicationConfiguration',
    sentence: 'Replicas lie on the same disk as what they were copied from, whatever region their bucket is in.',
  },
  {
    types: ['AWS::CloudTrail::Trail'],
    sentence: 'A trail records S3 calls on objects only, and its log files get no digests.',
  },
  { types: ['AWS::SQS::Queue'], sentence: 'Queues are names only: a dead letter is noted in engine/undelivered.jsonl instead.' },
  {
    types: ['AWS::SNS::Topic'],
    sentence: 'Published messages are not sent to subscribers: each becomes a file in the outbox folder.',
  },
];

/** Plain sentences about what the engine does not do as AWS does, as far as this assembly has to do with it. */
export function reportOf({ assembly }: { assembly: Assembly }): string[] {
  return notCarriedOut
    .filter(({ types, property }) => {
      const resources = types.flatMap((type) => resourcesOf(assembly, type));
      return resources.some(({ properties }) => property === undefined || property in properties);
    })
    .map(({ sentence }) => sentence);
}
