import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { type Manifest, serializeManifest } from '../../../functions/contract/manifest.ts';
import { OUTPUTS } from '../../../functions/contract/names.ts';
import { Signing } from '../../../functions/runtime/signing.ts';
import type { Engine } from '../../../lib/local-engine/engine.ts';
import { joinOrStart } from '../../../lib/local-engine/joining/join-or-start.ts';
import { locateObject } from '../../../lib/local-engine/s3/layout.ts';
import { type Connection, connect } from '../../../lib/operator/connection.ts';
import { main } from '../../../lib/operator/main.ts';
import type { Documents, Verb } from '../../support/contract.ts';
import { roleResource } from '../local-engine/foreign-assembly.ts';
import { POLICY, SUITE } from './samples.ts';

const BUCKET = 'sample-vault';

/** What the machines do is told by their input, so that a test can have every ending without a host. */
const ENDINGS = {
  StartAt: 'Which ending?',
  QueryLanguage: 'JSONata',
  States: {
    'Which ending?': {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $states.input.label = 'wait' %}", Next: 'Wait for the interruption' },
        { Condition: "{% $states.input.label = 'fail' %}", Next: 'Tell the failure' },
        { Condition: "{% $states.input.label = 'locked' %}", Next: 'Leave it' },
        { Condition: "{% $states.input.label = 'child' %}", Next: 'Run a command' },
        { Condition: '{% $exists($states.input.acceptAnomaly.why) %}', Next: 'Say it failed' },
      ],
      Default: 'Say it is proven',
    },
    'Wait for the interruption': { Type: 'Wait', Seconds: 600, Next: 'Say it is proven' },
    'Tell the failure': {
      Type: 'Fail',
      Error: 'DumpFailed',
      Cause: JSON.stringify({
        id: '20261123T020000Z',
        message: 'one source failed',
        sources: [{ label: 'database-app', name: 'DumpFailed', message: 'lost' }],
      }),
    },
    'Leave it': { Type: 'Succeed', Output: { outcome: 'LockHeld', holder: 'arn:another' } },
    'Run a command': {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the template replaces it
      Arguments: { StateMachineArn: '${HostCommand}', Name: '20261123T020000Z-volume-uploads-0-k3f9', Input: {} },
      Next: 'Say it is proven',
    },
    'Say it failed': {
      Type: 'Fail',
      Error: 'VerificationFailed',
      Cause: JSON.stringify({ id: '20261123T020000Z', proofId: '20261123T020010Z-aaaa', message: 'a check failed' }),
    },
    'Say it is proven': {
      Type: 'Succeed',
      Output: { outcome: 'Proven', id: '20261123T020000Z', proofId: '20261123T020010Z-aaaa' },
    },
  },
};

const machine = (name: string, definition: object) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
    DefinitionString: JSON.stringify(definition),
    DefinitionSubstitutions: { HostCommand: `arn:aws:states:us-east-1:000000000000:stateMachine:${SUITE}-backup-host-command` },
  },
});

const TEMPLATE = {
  Resources: {
    Role: { ...roleResource, Properties: { ...roleResource.Properties, RoleName: 'sample-role' } },
    Operator: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'sample-operator',
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: { Ref: 'AWS::AccountId' } } }],
        },
        Policies: [
          {
            PolicyName: 'sample',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Action: ['s3:*', 'states:*', 'logs:*', 'scheduler:*', 'secretsmanager:PutSecretValue', 'kms:GetPublicKey'],
                  Resource: '*',
                },
              ],
            },
          },
        ],
      },
    },
    Vault: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: BUCKET, VersioningConfiguration: { Status: 'Enabled' } },
    },
    SigningKey: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'kms:*', Principal: { AWS: { Ref: 'AWS::AccountId' } }, Resource: '*' }],
        },
      },
    },
    Backup: machine(`${SUITE}-backup-backup`, ENDINGS),
    Verify: machine(`${SUITE}-backup-verify`, ENDINGS),
    PlanRestore: machine(`${SUITE}-backup-plan-restore`, ENDINGS),
    Restore: machine(`${SUITE}-backup-restore`, ENDINGS),
    UndoRestore: machine(`${SUITE}-backup-undo-restore`, ENDINGS),
    ForgetRestore: machine(`${SUITE}-backup-forget-restore`, ENDINGS),
    MakeContainers: machine(`${SUITE}-backup-make-containers`, ENDINGS),
    ChangeRetention: machine(`${SUITE}-backup-change-retention`, ENDINGS),
    Assess: machine(`${SUITE}-backup-assess`, ENDINGS),
    HostCommand: machine(`${SUITE}-backup-host-command`, {
      QueryLanguage: 'JSONata',
      StartAt: 'Done',
      States: { Done: { Type: 'Pass', End: true } },
    }),
    Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/sample/host' } },
    Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'sample-schedules' } },
    PrivateKey: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'sample/private-key' } },
    Daily: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'sample-daily',
        GroupName: { Ref: 'Group' },
        ScheduleExpression: 'cron(0 2 * * ? *)',
        ScheduleExpressionTimezone: 'Etc/UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: { Ref: 'Backup' }, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] }, Input: '{}' },
      },
    },
  },
  Outputs: {
    [OUTPUTS.suite]: { Value: SUITE },
    [OUTPUTS.bucket]: { Value: { Ref: 'Vault' } },
    [OUTPUTS.backupMachine]: { Value: { Ref: 'Backup' } },
    [OUTPUTS.verifyMachine]: { Value: { Ref: 'Verify' } },
    [OUTPUTS.planRestoreMachine]: { Value: { Ref: 'PlanRestore' } },
    [OUTPUTS.restoreMachine]: { Value: { Ref: 'Restore' } },
    [OUTPUTS.undoRestoreMachine]: { Value: { Ref: 'UndoRestore' } },
    [OUTPUTS.forgetRestoreMachine]: { Value: { Ref: 'ForgetRestore' } },
    [OUTPUTS.makeContainersMachine]: { Value: { Ref: 'MakeContainers' } },
    [OUTPUTS.changeRetentionMachine]: { Value: { Ref: 'ChangeRetention' } },
    [OUTPUTS.retention]: { Value: JSON.stringify(POLICY) },
    [OUTPUTS.keySecrets]: { Value: { 'Fn::Join': ['', ['{"privateKey":"', { Ref: 'PrivateKey' }, '","passphrase":null}']] } },
    [OUTPUTS.operatorRole]: { Value: { 'Fn::GetAtt': ['Operator', 'Arn'] } },
    [OUTPUTS.signingKey]: { Value: { 'Fn::GetAtt': ['SigningKey', 'Arn'] } },
    [OUTPUTS.assessMachine]: { Value: { Ref: 'Assess' } },
    [OUTPUTS.hostCommandMachine]: { Value: { Ref: 'HostCommand' } },
    [OUTPUTS.hostLogGroup]: { Value: { Ref: 'Log' } },
    [OUTPUTS.scheduleGroup]: { Value: { Ref: 'Group' } },
    [OUTPUTS.instanceId]: { Value: 'mi-0123456789abcdef0' },
    [OUTPUTS.hostRole]: { Value: 'sample-host' },
  },
};

export interface Run<V extends Verb> {
  exitCode: number;
  json: Documents[V];
  stderr: string;
}

/** Sees each piece of progress, and may interrupt the command. */
type Watch = (text: string, interrupt: () => void) => void;

export interface SampleEngine {
  /** Writes an object into the vault and gives its version id. */
  put(key: string, text: string): Promise<string>;
  /** A manifest or a proof, signed as seal and write-proof sign it; gives its text. */
  putSigned(key: string, text: string): Promise<string>;
  /** The key that signs, as an administrator sees it. */
  key: { arn: string; disable(): Promise<unknown>; enable(): Promise<unknown> };
  /** Runs a verb with `--local --json` in this process. */
  command<V extends Verb>(verb: V, words?: string[], watch?: Watch): Promise<Run<V>>;
  /** Runs it as a person does, without `--json`. */
  text(verb: Verb, words?: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** What the verbs work with. */
  connect(): Promise<Connection>;
}

/**
 * An engine with a suite's outputs, an empty vault and machines that end as they are told; gone when the test is finished. `furnish` may put
 * objects into the vault before it starts.
 */
export async function sampleEngine(furnish: (home: string, bucket: string) => void = () => {}): Promise<SampleEngine> {
  const home = mkdtempSync(join(tmpdir(), 'operator-'));
  const assembly = join(home, 'cdk.out');
  mkdirSync(assembly);
  const contents = {
    version: '48.0.0',
    artifacts: { Sample: { type: 'aws:cloudformation:stack', properties: { templateFile: 'sample.json' } } },
  };
  writeFileSync(join(assembly, 'manifest.json'), JSON.stringify(contents));
  writeFileSync(join(assembly, 'sample.json'), JSON.stringify(TEMPLATE));
  furnish(home, BUCKET);
  const hostCommands = { instanceId: 'mi-0123456789abcdef0', roleName: 'sample-host', path: [], environment: {} };
  const engine = await joinOrStart({ directory: home, assembly, hostCommands });
  onTestFinished(async () => {
    await engine.close();
    rmSync(home, { recursive: true });
  }, 120_000);
  const s3 = new S3Client({
    endpoint: engine.endpoint,
    region: engine.region,
    credentials: engine.operatorCredentials,
    forcePathStyle: true,
  });

  const kms = new KMSClient({ endpoint: engine.endpoint, region: engine.region, credentials: engine.operatorCredentials });
  const arn = engine.outputs('Sample')[OUTPUTS.signingKey]!;
  const signing = new Signing(arn, kms);

  const call = async (argv: string[], watch?: Watch) => {
    const interruption = new AbortController();
    let stdout = '';
    let stderr = '';
    const write = (text: string) => {
      stderr += text;
      watch?.(text, () => interruption.abort());
    };
    const exitCode = await main({
      argv: [...argv, '--local'],
      version: '0.0.0',
      signal: interruption.signal,
      stdout: { write: (text) => (stdout += text), color: false },
      stderr: { write, isTTY: false, columns: () => 80, color: false },
      openLocal: async () => opened(engine, home),
    });
    return { exitCode, stdout, stderr };
  };

  const put = async (key: string, text: string) =>
    (await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: text }))).VersionId!;

  return {
    put,
    putSigned: async (key, text) => {
      const { checksum, ...document } = JSON.parse(text) as Record<string, unknown>;
      const signed = await signing.sign(document);
      const stored = checksum === undefined ? JSON.stringify(signed) : serializeManifest(signed as unknown as Manifest);
      await put(key, stored);
      return stored;
    },
    key: {
      arn,
      disable: () => kms.send(new DisableKeyCommand({ KeyId: arn })),
      enable: () => kms.send(new EnableKeyCommand({ KeyId: arn })),
    },
    command: async <V extends Verb>(verb: V, words: string[] = [], watch?: Watch) => {
      const { exitCode, stdout, stderr } = await call([verb, ...words, '--json'], watch);
      return { exitCode, json: JSON.parse(stdout) as Documents[V], stderr };
    },
    text: (verb, words = []) => call([verb, ...words]),
    connect: () => {
      const { endpoint, region, operatorCredentials: credentials } = engine;
      return connect({ endpoint, region, credentials }, new AbortController().signal);
    },
  };
}

/** The engine as the launcher gives it, but that it outlives the command. */
function opened(engine: Engine, home: string) {
  return {
    endpoint: engine.endpoint,
    region: engine.region,
    credentials: engine.operatorCredentials,
    locate: (bucket: string, key: string, versionId: string) => locateObject(join(home, 's3'), bucket, key, versionId),
    idle: () => engine.idle(),
    runSchedules: (signal: AbortSignal) => engine.runSchedules(signal),
    close: async () => {},
  };
}
