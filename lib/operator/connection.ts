import { CloudFormationClient, paginateDescribeStacks, type Stack } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { OUTPUTS } from '../../functions/contract/names.ts';
import { REPLICA_LATER_DAYS, type ReadFrom, type ReplicaFacts, replicaFacts } from '../../functions/contract/replica.ts';
import type { RetentionPolicy } from '../../functions/contract/retention-plan.ts';
import { policySchema } from '../../functions/contract/retention-policy.ts';
import { Evidence } from './evidence.ts';
import { operatorCredentials } from './operator-credentials.ts';
import { OperatorError } from './operator-error.ts';

/** Where the services answer. Without an endpoint: AWS, with the usual credentials. */
export interface Target {
  endpoint?: string;
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  stackName?: string;
}

/** What the workflow stack says about itself in its outputs. */
export type StackFacts = Record<(typeof NEEDED)[number], string>;

/** The replica of the vault, with a client for its region. */
export interface Replica extends ReplicaFacts {
  readonly s3: S3Client;
}

export interface Connection {
  readonly s3: S3Client;
  readonly replica: Replica | null;
  readonly readsFrom: ReadFrom;
  readonly evidence: Evidence;
  readonly states: SFNClient;
  readonly logs: CloudWatchLogsClient;
  readonly scheduler: SchedulerClient;
  readonly secrets: SecretsManagerClient;
  readonly stack: StackFacts;
  /** Pause between two looks at a run: AWS meters its calls, the local engine does not. */
  readonly pollMilliseconds: number;
}

/** Where the host's commands go, by the outputs of a stack; null for a stack that has no host. */
export function commandHostOf(outputs: Readonly<Record<string, string>>): { instanceId: string; roleName: string } | null {
  const instanceId = outputs[OUTPUTS.instanceId];
  const roleName = outputs[OUTPUTS.hostRole];
  return instanceId === undefined || roleName === undefined ? null : { instanceId, roleName };
}

/** How long points of this suite stay where they are read. */
export function policyOf({ stack, readsFrom }: Pick<Connection, 'stack' | 'readsFrom'>): RetentionPolicy {
  const policy = policySchema.parse(JSON.parse(stack.retention));
  if (readsFrom === 'vault') return policy;
  const days = Object.entries(policy.days).map(([tier, own]) => [tier, own && own + REPLICA_LATER_DAYS]);
  return { ...policy, days: Object.fromEntries(days) };
}

const NEEDED = [
  'suite',
  'bucket',
  'backupMachine',
  'verifyMachine',
  'planRestoreMachine',
  'restoreMachine',
  'undoRestoreMachine',
  'forgetRestoreMachine',
  'makeContainersMachine',
  'changeRetentionMachine',
  'assessMachine',
  'hostCommandMachine',
  'hostLogGroup',
  'scheduleGroup',
  'retention',
  'keySecrets',
  'operatorRole',
  'signingKey',
] as const;

/**
 * Clients for the target and the outputs of the suite's workflow stack, which the caller reads; everything else is done as the suite's operator role.
 * @throws OperatorError StackNotFound; UsageInvalid when several suites are deployed and none is named
 */
export async function connect(target: Target, signal: AbortSignal): Promise<Connection> {
  const { endpoint, region, credentials } = target;
  const settings = {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
  };
  const found = await findStack(new CloudFormationClient(settings), target.stackName, signal);
  const stack = stackFacts(found);
  const asOperator = { ...settings, credentials: operatorCredentials(settings, stack.operatorRole) };
  const s3In = (own: { region?: string }) => new S3Client({ ...asOperator, ...own, forcePathStyle: endpoint !== undefined });
  const replica = outputOf(found, OUTPUTS.replica);
  return {
    s3: s3In({}),
    readsFrom: 'vault',
    replica: replica === undefined ? null : replicaOf(replica, s3In),
    evidence: new Evidence(new KMSClient(asOperator), stack.signingKey),
    states: new SFNClient(asOperator),
    logs: new CloudWatchLogsClient(asOperator),
    scheduler: new SchedulerClient(asOperator),
    secrets: new SecretsManagerClient(asOperator),
    stack,
    pollMilliseconds: endpoint === undefined ? 2000 : 250,
  };
}

function replicaOf(output: string, s3In: (own: { region: string }) => S3Client): Replica {
  const facts = replicaFacts.parse(JSON.parse(output));
  return { ...facts, s3: s3In(facts) };
}

/** The same, but that points are read where they are asked from. @throws OperatorError NoReplica */
export function readingFrom<Of extends Pick<Connection, 's3' | 'replica' | 'stack'>>(connection: Of, from: ReadFrom): Of {
  if (from === 'vault') return connection;
  if (connection.replica === null) throw new OperatorError('NoReplica', `${connection.stack.suite} has no replica.`);
  const { s3, bucket } = connection.replica;
  return { ...connection, s3, readsFrom: from, stack: { ...connection.stack, bucket } };
}

async function findStack(client: CloudFormationClient, stackName: string | undefined, signal: AbortSignal): Promise<Stack> {
  const stacks = await describeStacks(client, stackName, signal);
  if (stackName !== undefined) return stacks[0]!;
  const suites = stacks.filter((stack) => outputOf(stack, OUTPUTS.backupMachine) !== undefined);
  if (suites.length === 0)
    throw new OperatorError('StackNotFound', 'No stack of this account and region is a suite-backup stack.');
  if (suites.length > 1) {
    const names = suites.map((stack) => stack.StackName).join(', ');
    throw new OperatorError('UsageInvalid', `Several suites are deployed here; name one with --stack: ${names}.`);
  }
  return suites[0]!;
}

async function describeStacks(
  client: CloudFormationClient,
  stackName: string | undefined,
  signal: AbortSignal,
): Promise<Stack[]> {
  const stacks: Stack[] = [];
  try {
    for await (const page of paginateDescribeStacks({ client }, { StackName: stackName }, { abortSignal: signal })) {
      stacks.push(...(page.Stacks ?? []));
    }
  } catch (error) {
    // CloudFormation answers with its general ValidationError for a stack that does not exist.
    if (error instanceof Error && /does not exist/.test(error.message))
      throw new OperatorError('StackNotFound', `${error.message}.`);
    throw error;
  }
  return stacks;
}

function stackFacts(stack: Stack): StackFacts {
  const missing = NEEDED.filter((fact) => outputOf(stack, OUTPUTS[fact]) === undefined);
  if (missing.length > 0) {
    const names = missing.map((fact) => OUTPUTS[fact]).join(', ');
    throw new OperatorError('StackNotFound', `Stack ${stack.StackName} is no suite-backup stack: it has no output ${names}.`);
  }
  return Object.fromEntries(NEEDED.map((fact) => [fact, outputOf(stack, OUTPUTS[fact])])) as StackFacts;
}

function outputOf(stack: Stack, key: string): string | undefined {
  return stack.Outputs?.find((output) => output.OutputKey === key)?.OutputValue;
}
