/** Fixed names that more than one stack, the operator's command or a policy refers to. */
export const SUITE_NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** Names of sources: part of S3 keys and execution names. */
export const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;

export const vaultStackName = (suite: string) => `${suite}-vault`;
export const replicaStackName = (suite: string) => `${suite}-replica`;
export const workflowStackName = (suite: string) => `${suite}-backup`;
/** The host's documents, in two stacks of their own: with the workflows they are more than the megabyte that CloudFormation takes. */
export const documentStackName = (suite: string, of: 'backup' | 'restore') => `${suite}-${of}-documents`;

/** A machine of the suite: `<suite>-backup-<workflow>`; its role has the same name. */
export const machineName = (suite: string, workflow: string) => `${suite}-backup-${workflow}`;

/** An agent's role: fixed, so that the vault's policy can name it in a condition without a reference (which would make a cycle). */
export const agentRoleName = (suite: string, agent: string) => `${suite}-backup-${agent}`;

/** For the day on which the workflows are not at hand: may read everything in the vault, by hand. */
export const vaultReaderRoleName = (suite: string) => `${suite}-vault-reader`;
export const replicationRoleName = (suite: string) => `${suite}-vault-replication`;
/** Fixed names, because CloudFormation carries no references from one region to another. Bucket names are one space for everybody: hence the account. */
export const replicaBucketName = (suite: string, account: string) => `${suite}-replica-${account}`;
export const replicaKeyAlias = (suite: string) => `alias/${suite}-replica`;
export const trailName = (suite: string) => `${suite}-vault`;

/** Proofs of several suites may run on one host at once: each scratch server takes the first free of so many ports. */
export const SCRATCH_PORTS = 16;

/** Stack outputs that the operator's command reads. */
export const OUTPUTS = {
  suite: 'Suite',
  bucket: 'VaultBucket',
  backupMachine: 'BackupMachine',
  verifyMachine: 'VerifyMachine',
  planRestoreMachine: 'PlanRestoreMachine',
  restoreMachine: 'RestoreMachine',
  undoRestoreMachine: 'UndoRestoreMachine',
  forgetRestoreMachine: 'ForgetRestoreMachine',
  makeContainersMachine: 'MakeContainersMachine',
  assessMachine: 'AssessMachine',
  changeRetentionMachine: 'ChangeRetentionMachine',
  hostCommandMachine: 'HostCommandMachine',
  hostLogGroup: 'HostLogGroup',
  instanceId: 'HostInstance',
  hostRole: 'HostRole',
  scheduleGroup: 'ScheduleGroup',
  retention: 'Retention',
  operatorRole: 'OperatorRole',
  /** Only where there is one. */
  replica: 'Replica',
  signingKey: 'SigningKey',
  secretsKeptIn: 'SecretsKeptIn',
  keySecrets: 'KeySecrets',
} as const;
