import { DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { quietEngine } from '../../support/quiet-engine.ts';
import { allow, machineResource, reference, roleResource } from './foreign-assembly.ts';
import { eventually, hostCommands, shopOptions, started } from './foreign-engine.ts';
import { refused } from './policies/refused.ts';

quietEngine();

const ssm = (action: string, Arguments: object, more: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::aws-sdk:ssm:${action}`,
  Arguments,
  ...more,
});

const shop = {
  Resources: {
    Clerk: roleResource,
    HostLogs: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'logs',
        Roles: [hostCommands.roleName],
        PolicyDocument: allow(
          ['logs:DescribeLogGroups', '*'],
          [
            ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
            { 'Fn::Sub': `arn:aws:logs:*:${reference('AWS::AccountId')}:log-group:/shop/*` },
          ],
        ),
      },
    },
    Shelf: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } },
    Count: {
      Type: 'AWS::SSM::Document',
      Properties: {
        DocumentType: 'Command',
        Name: 'count-flowers',
        UpdateMethod: 'NewVersion',
        Content: {
          schemaVersion: '2.2',
          parameters: { flower: { type: 'String', allowedPattern: '^[a-z]+$', interpolationType: 'ENV_VAR' } },
          mainSteps: [
            {
              action: 'aws:runShellScript',
              name: 'count',
              inputs: { timeoutSeconds: '60', runCommand: ['echo "$SSM_flower $AWS_ACCESS_KEY_ID $GARDEN"', 'echo counted >&2'] },
            },
          ],
        },
      },
    },
    Counting: machineResource({
      StartAt: 'Send',
      States: {
        Send: ssm(
          'sendCommand',
          {
            DocumentName: reference('Count'),
            InstanceIds: [hostCommands.instanceId],
            Parameters: { flower: ['{% $states.input.flower %}'] },
            Comment: '{% $states.context.Execution.Name %}',
            CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: '/shop/count' },
          },
          {
            Assign: { command: '{% $states.result.Command.CommandId %}' },
            Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput %}', Next: 'Refused' }],
            Next: 'Look',
          },
        ),
        Look: ssm(
          'getCommandInvocation',
          { CommandId: '{% $command %}', InstanceId: hostCommands.instanceId },
          {
            Retry: [{ ErrorEquals: ['Ssm.InvocationDoesNotExistException'], IntervalSeconds: 1, MaxAttempts: 5 }],
            Next: 'Done?',
          },
        ),
        'Done?': {
          Type: 'Choice',
          Choices: [{ Condition: "{% $states.input.Status in ['Pending', 'InProgress'] %}", Next: 'Wait' }],
          Default: 'Counted',
        },
        Wait: { Type: 'Wait', Seconds: 1, Next: 'Look' },
        Counted: { Type: 'Succeed' },
        Refused: { Type: 'Succeed' },
      },
    }),
  },
  Outputs: { Counting: { Value: { Ref: 'Counting' } }, Shelf: { Value: { Ref: 'Shelf' } } },
};

const options = () => ({ ...shopOptions(shop), hostCommands: { ...hostCommands, environment: { GARDEN: 'north' } } });

test('a machine runs a document on the host, with the credentials of the host role, and its output is logged', async () => {
  const { engine, clients } = await started(options());
  const { output } = await clients.run('Counting', { flower: 'tulip' });
  const { accessKeyId } = await engine.credentialsFor('warehouse-host');
  expect(JSON.parse(output!)).toMatchObject({ Status: 'Success', StandardOutputContent: `tulip ${accessKeyId} north\n` });
  const messages = await eventually(async () => {
    const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/shop/count' }));
    return events!.length >= 2 ? events!.map(({ message }) => message!.trim()) : undefined;
  });
  expect(messages).toEqual(expect.arrayContaining(['counted', expect.stringContaining('tulip')]));
});

test('what the host says is lost when its role may not write logs, which nobody but the record tells', async () => {
  const { HostLogs: _, ...Resources } = shop.Resources;
  const silent = { ...shopOptions({ ...shop, Resources }), hostCommands };
  const { clients } = await started(silent);
  const { output } = await clients.run('Counting', { flower: 'tulip' });
  expect(JSON.parse(output!).Status).toBe('Success');
  const { logGroups } = await clients.logs.send(new DescribeLogGroupsCommand());
  expect(logGroups).toEqual([]);
  expect(refused(silent.directory)[0]).toMatchObject({
    principal: `arn:aws:sts::000000000000:assumed-role/warehouse-host/${hostCommands.instanceId}`,
    action: 'logs:DescribeLogGroups',
  });
});

test('a refusal of Run Command has the error name that AWS gives it', async () => {
  const { clients } = await started(options());
  const { output } = await clients.run('Counting', { flower: 'NOT a flower' });
  expect(JSON.parse(output!).Error).toBe('Ssm.InvalidParametersException');
});

test('an SDK client sends commands and reads their times as dates', async () => {
  const { engine } = await started(options());
  const client = new SSMClient({ endpoint: engine.endpoint, region: engine.region, credentials: engine.operatorCredentials });
  const sent = await client.send(
    new SendCommandCommand({
      DocumentName: 'count-flowers',
      InstanceIds: [hostCommands.instanceId],
      Parameters: { flower: ['rose'] },
    }),
  );
  expect(Math.abs(sent.Command!.RequestedDateTime!.getTime() - Date.now())).toBeLessThan(5000);
  await engine.idle();
  const ids = { CommandId: sent.Command!.CommandId, InstanceId: hostCommands.instanceId };
  expect((await client.send(new GetCommandInvocationCommand(ids))).Status).toBe('Success');
});

test('objects survive a restart', async () => {
  const shopOptions = options();
  const open = async () => {
    const { engine } = await started(shopOptions);
    const client = new S3Client({ endpoint: engine.endpoint, region: engine.region, credentials: engine.operatorCredentials });
    return { engine, client, Bucket: engine.outputs('Shop').Shelf };
  };
  const first = await open();
  await first.client.send(new PutObjectCommand({ Bucket: first.Bucket, Key: 'seeds/tulip', Body: 'twelve' }));
  await first.engine.close();
  const second = await open();
  const { Body } = await second.client.send(new GetObjectCommand({ Bucket: second.Bucket, Key: 'seeds/tulip' }));
  expect(await Body!.transformToString()).toBe('twelve');
});
