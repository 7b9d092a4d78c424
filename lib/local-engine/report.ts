import { type Assembly, resourcesOf } from './assembly/read-assembly.ts';

const notCarriedOut: { types: string[]; sentence: string }[] = [
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
    sentence: 'Nothing is encrypted: of KMS keys only the policies are there.',
  },
  { types: ['AWS::S3::Bucket'], sentence: 'Lifecycle rules are not carried out yet: nothing expires by itself.' },
  {
    types: ['AWS::S3::Bucket'],
    sentence: 'An archived object can be read two seconds after it is asked for; AWS takes hours.',
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
    .filter(({ types }) => types.some((type) => resourcesOf(assembly, type).length > 0))
    .map(({ sentence }) => sentence);
}
