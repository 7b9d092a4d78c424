import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { readJsonLines } from '../../../../lib/local-engine/json-lines.ts';
import { quietEngine } from '../../../support/quiet-engine.ts';
import { allow, functionResource, machineResource, trust } from '../foreign-assembly.ts';
import { eventually, shopOptions, started } from '../foreign-engine.ts';
import { refused } from './refused.ts';

quietEngine();

const pass = { StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } };
const role = (service: string, ...grants: [string | string[], unknown][]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: trust(service),
    Policies: grants.length > 0 ? [{ PolicyName: 'rights', PolicyDocument: allow(...grants) }] : [],
  },
});
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const rule = (target: object) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventPattern: { source: ['aws.states'], detail: { status: ['SUCCEEDED'], stateMachineArn: [{ suffix: 'Selling' }] } },
    Targets: [{ Id: 'Target0', Input: '{}', ...target }],
  },
});
const base = {
  Clerk: role('states'),
  Writer: role('lambda', [['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], '*']),
  Selling: machineResource(pass),
  Tidying: machineResource(pass),
  Note: functionResource('note', { Role: arnOf('Writer') }),
};
const code = { note: { 'index.mjs': 'export const handler = async () => console.log("noted");' } };

const shop = (Resources: object) =>
  shopOptions({ Resources: { ...base, ...Resources }, Outputs: { Selling: { Value: { Ref: 'Selling' } } } }, code);

describe('the target of a rule', () => {
  it.each([
    ['with the right of its role', [['states:StartExecution', { Ref: 'Tidying' }] as [string, unknown]], 1],
    ['but not without', [['states:StartExecution', { Ref: 'Selling' }] as [string, unknown]], 0],
  ])('is a machine that is started %s', async (_, grants, executions) => {
    const options = shop({
      Starter: role('events', ...grants),
      Rule: rule({ Arn: { Ref: 'Tidying' }, RoleArn: arnOf('Starter') }),
    });
    const { engine, clients } = await started(options);
    await clients.run('Selling');
    const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:Shop-Tidying';
    expect((await clients.states.send(new ListExecutionsCommand({ stateMachineArn }))).executions).toHaveLength(executions);
    expect(refused(options.directory).map(({ principal, action }) => [principal, action])).toEqual(
      executions === 1 ? [] : [['arn:aws:sts::000000000000:assumed-role/Shop-Starter/events', 'states:StartExecution']],
    );
    await engine.idle();
  });

  const permission = (more: object) => ({
    Type: 'AWS::Lambda::Permission',
    Properties: { Action: 'lambda:InvokeFunction', FunctionName: { Ref: 'Note' }, Principal: 'events.amazonaws.com', ...more },
  });
  it.each<[string, object, boolean]>([
    ['that lets the rule in', { Permission: permission({ SourceArn: arnOf('Rule') }) }, true],
    ['that lets the account in', { Permission: permission({ SourceAccount: { Ref: 'AWS::AccountId' } }) }, true],
    [
      'that lets another rule in',
      { Permission: permission({ SourceArn: 'arn:aws:events:us-east-1:000000000000:rule/other' }) },
      false,
    ],
    ['that lets another account in', { Permission: permission({ SourceAccount: '111122223333' }) }, false],
    ['that lets another service in', { Permission: permission({ Principal: 'scheduler.amazonaws.com' }) }, false],
    ['that lets nobody in', {}, false],
  ])('is a function %s', async (_, permissions, reached) => {
    const options = shop({ ...permissions, Rule: rule({ Arn: arnOf('Note') }) });
    const { clients } = await started(options);
    await clients.run('Selling');
    expect(refused(options.directory).map(({ principal, action }) => `${principal} ${action}`)).toEqual(
      reached ? [] : ['events.amazonaws.com lambda:InvokeFunction'],
    );
    if (!reached) return;
    await eventually(async () => {
      const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/Shop-Note' }));
      return events!.some(({ message }) => message === 'noted') || undefined;
    });
  });

  it.each([
    ['with the consent of topic and key', ['kms:GenerateDataKey*', 'kms:Decrypt'], 1],
    ['but not without that of the key', ['kms:Decrypt'], 0],
  ])('is an encrypted topic that is published to %s', async (_, ofKey, letters) => {
    const events = { Service: 'events.amazonaws.com' };
    const options = shop({
      Key: {
        Type: 'AWS::KMS::Key',
        Properties: {
          KeyPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: events, Action: ofKey, Resource: '*' }] },
        },
      },
      News: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: arnOf('Key') } },
      OfNews: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: {
          Topics: [{ Ref: 'News' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: events, Action: 'sns:Publish', Resource: { Ref: 'News' } }],
          },
        },
      },
      Rule: rule({ Arn: { Ref: 'News' } }),
    });
    const { clients } = await started(options);
    await clients.run('Selling');
    expect(readdirSync(join(options.directory, 'outbox'))).toHaveLength(letters);
  });
});

describe('a schedule', () => {
  it.each([
    ['starts its machine with the right of its role', [['states:StartExecution', { Ref: 'Tidying' }] as [string, unknown]], []],
    ['does not without', [], ['arn:aws:sts::000000000000:assumed-role/Shop-Starter/scheduler states:StartExecution']],
  ])('%s', async (_, grants, refusals) => {
    const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4000);
    const options = shop({
      Starter: role('scheduler', ...grants),
      Soon: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: `at(${soon.toISOString().slice(0, 19)})`,
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: { Arn: { Ref: 'Tidying' }, RoleArn: arnOf('Starter'), Input: '{}' },
        },
      },
    });
    const { engine, clients } = await started(options);
    const stop = new AbortController();
    const running = engine.runSchedules(stop.signal);
    const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:Shop-Tidying';
    await eventually(async () => {
      const { executions } = await clients.states.send(new ListExecutionsCommand({ stateMachineArn }));
      return executions!.length > 0 || refused(options.directory).length > 0 || undefined;
    });
    stop.abort();
    await running;
    expect(refused(options.directory).map(({ principal, action }) => `${principal} ${action}`)).toEqual(refusals);
  });
});

describe('what could not be delivered', () => {
  const queue = { Type: 'AWS::SQS::Queue', Properties: {} };
  const undelivered = (directory: string) =>
    readJsonLines<{ queueArn?: string }>(join(directory, 'engine', 'undelivered.jsonl')).map(({ queueArn }) => queueArn);
  const letIn = {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Lost' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: arnOf('Lost'),
            Condition: { ArnEquals: { 'aws:SourceArn': arnOf('Rule') } },
          },
        ],
      },
    },
  };

  it.each<[string, object, string | undefined]>([
    ['goes to the queue of its rule that lets it in', { LetIn: letIn }, 'arn:aws:sqs:us-east-1:000000000000:Shop-Lost'],
    ['is lost where the queue does not', {}, undefined],
  ])('%s', async (_, policy, queueArn) => {
    const options = shop({
      Lost: queue,
      ...policy,
      Starter: role('events'),
      Rule: rule({ Arn: { Ref: 'Tidying' }, RoleArn: arnOf('Starter'), DeadLetterConfig: { Arn: arnOf('Lost') } }),
    });
    const { clients } = await started(options);
    await clients.run('Selling');
    expect(undelivered(options.directory)).toEqual([queueArn]);
    const actions = refused(options.directory).map(({ action }) => action);
    expect(actions).toEqual(['states:StartExecution', ...(queueArn === undefined ? ['sqs:SendMessage'] : [])]);
  });
});

describe('the log of a function', () => {
  it('is written with the right of its role, and lost without, which is on record', async () => {
    const options = shop({
      Silent: role('lambda'),
      Quiet: functionResource('note', { Role: arnOf('Silent') }),
    });
    const { clients } = await started(options);
    for (const name of ['Shop-Note', 'Shop-Quiet']) expect((await clients.lambda.invoke(name, {})).functionError).toBeNull();
    await eventually(async () => {
      const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/Shop-Note' }));
      return events!.some(({ message }) => message === 'noted') || undefined;
    });
    await eventually(() => refused(options.directory).length > 0 || undefined);
    expect(refused(options.directory)).toMatchObject([
      { principal: 'arn:aws:sts::000000000000:assumed-role/Shop-Silent/Shop-Silent', action: 'logs:CreateLogGroup' },
    ]);
    expect(existsSync(join(options.directory, 'engine', 'logs', encodeURIComponent('/aws/lambda/Shop-Quiet')))).toBe(false);
  });
});
