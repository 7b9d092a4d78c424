/** What cdk-nag finds and we leave so. An entry that suppresses nothing any more fails the test. */
export interface Suppression {
  /** The rule, and what it found in brackets, as nag.test.ts writes it. */
  readonly id: string;
  /** Paths of constructs; `*` stands for one part. */
  readonly resources: readonly string[];
  readonly reason: string;
}

const AGENTS = 'backup/*/Role/DefaultPolicy/Resource';
const WORKFLOWS = 'backup/*/Workflow/Role/DefaultPolicy/Resource';
const OPERATOR = 'backup/Operator/DefaultPolicy/Resource';
const HOST = 'backup/HostPolicy';
const REPLICATION = 'vault/Replication/Role/DefaultPolicy/Resource';
const READER = 'vault/Reader/DefaultPolicy/Resource';
const REPLICA = 'arn:PARTITION:s3:::SUITE-replica-ACCOUNT';

const wildcard = (resource: string, resources: readonly string[], reason: string): Suppression => ({
  id: `AwsSolutions-IAM5[Resource::${resource}]`,
  resources,
  reason,
});

export const SUPPRESSIONS: readonly Suppression[] = [
  wildcard(
    '*',
    [AGENTS, 'backup/*/*/Role/DefaultPolicy/Resource', HOST, OPERATOR],
    'Actions for which AWS knows no resource, tracing above all; policy-rules.ts lists them and refuses any other.',
  ),
  wildcard(
    'VAULT/SUITE/recovery-points/*',
    [AGENTS, OPERATOR, REPLICATION],
    'Keys carry the id of the point, which is its time: no synthesis knows it. Each kind of object has a prefix of its own instead.',
  ),
  wildcard('VAULT/SUITE/artifacts/*', [AGENTS, HOST, REPLICATION], 'Keys carry the id of the point and a random attempt.'),
  wildcard('VAULT/SUITE/artifacts/work/*', [AGENTS], 'Keys carry the id of the proof whose access is removed.'),
  wildcard('VAULT/SUITE/findings/*', [AGENTS], 'Keys carry the ids of point and proof.'),
  wildcard('VAULT/SUITE/proofs/*', [AGENTS, OPERATOR, REPLICATION], 'Keys carry the ids of point and proof.'),
  wildcard(
    'VAULT/SUITE/retention/*',
    [AGENTS, OPERATOR, REPLICATION],
    'Keys carry the id of the point and the time of the decision.',
  ),
  wildcard('VAULT/SUITE/failures/*', [AGENTS, OPERATOR], 'Keys carry the id of the run that failed.'),
  wildcard('VAULT/SUITE/restores/*', [AGENTS, OPERATOR], 'Keys carry the id of the restore.'),
  wildcard('VAULT/SUITE/touches/*', [AGENTS], 'Keys carry the hour and who touched the vault.'),
  wildcard(
    'VAULT/*',
    [READER],
    'The role for the day on which the workflows are not at hand reads everything, and nothing but reads; each use of it is told.',
  ),
  wildcard('VAULT/SUITE/replica/*', [OPERATOR], 'Keys carry times, and ids of points and proofs.'),
  wildcard('VAULT/SUITE/replica/looks/*', [AGENTS], 'Keys carry the time of the look.'),
  wildcard('VAULT/SUITE/replica/proofs/*', [AGENTS], 'Keys carry the ids of point and proof.'),
  ...['recovery-points', 'proofs', 'retention'].map((kind) =>
    wildcard(
      `${REPLICA}/SUITE/${kind}/*`,
      kind === 'retention' ? [OPERATOR, REPLICATION] : [AGENTS, OPERATOR, REPLICATION],
      'The same keys as in the vault.',
    ),
  ),
  wildcard(`${REPLICA}/SUITE/artifacts/*`, [AGENTS, REPLICATION], 'The same keys as in the vault.'),
  wildcard(`${REPLICA}/*`, [READER], 'The same role by hand, for the day on which there is no vault.'),
  wildcard(
    'arn:PARTITION:kms:eu-west-1:ACCOUNT:key/*',
    [AGENTS, OPERATOR, READER, REPLICATION],
    'The id of the key of another region is not known to any synthesis; a condition demands its alias, S3 and the replica’s bucket (replica.test.ts).',
  ),
  {
    id: 'AwsSolutions-S1',
    resources: ['replica/Bucket/Resource'],
    reason:
      'A bucket with locks takes no logs; a bucket of their own in a second region would record replication above all. README says that nothing records who reads there.',
  },
  wildcard(
    'arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE*',
    [WORKFLOWS],
    'A machine that starts another one waits for its executions, whose names are made when it runs. The pattern is CDK’s own, of StepFunctionsStartExecution.',
  ),
  ...['backup', 'verify', 'restore', 'undo-restore', 'forget-restore', 'make-containers', 'change-retention'].map((machine) =>
    wildcard(
      `arn:PARTITION:states:REGION:ACCOUNT:execution:SUITE-backup-${machine}:*`,
      ['backup/TakeLock/Role/DefaultPolicy/Resource'],
      'Whether the holder of the lock still runs: executions of this machine, whose names are made when it runs.',
    ),
  ),
  ...['backup', 'restore', 'clean-up'].map((machine) =>
    wildcard(
      `arn:PARTITION:states:REGION:ACCOUNT:execution:SUITE-backup-${machine}:*`,
      ['backup/FindRun/Role/DefaultPolicy/Resource'],
      'Which run is cleaned up, and whether another clean-up is at it: executions of this machine, whose names are made when it runs.',
    ),
  ),
  wildcard(
    'arn:PARTITION:states:REGION:ACCOUNT:execution:SUITE-backup-*:*',
    [OPERATOR],
    'The command follows and stops what it started, and what that started in turn: every machine of the suite.',
  ),
  wildcard(
    'arn:PARTITION:ssm:REGION:ACCOUNT:document/SUITE-backup-*',
    ['backup/HostCommand/Workflow/Role/DefaultPolicy/Resource'],
    'Sends the documents of the suite, which stand in two other stacks; their names one by one are more than a role may hold.',
  ),
  wildcard(
    'arn:PARTITION:scheduler:REGION:ACCOUNT:schedule/SUITE-backup/*',
    [OPERATOR],
    'Schedules of the suite’s own group, whose names CDK makes.',
  ),
  {
    id: 'AwsSolutions-SQS3',
    resources: ['backup/Schedules/DeadLetters/Resource'],
    reason: 'It is the dead-letter queue itself, of schedules; the rule knows only those of other queues.',
  },
  {
    id: 'AwsSolutions-SMG4',
    resources: ['vault/PrivateKey', 'vault/Passphrase'],
    reason:
      'A rotation that nobody decided on would make points that only the new key opens, while older ones need the old. The README says how keys are rotated by hand.',
  },
];
