import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeExecutionCommand, ListStateMachinesCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ListTopicsCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetParameterCommand, ListCommandsCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../../lib/local-engine/engine.ts';
import { quietEngine } from '../../../support/quiet-engine.ts';
import { functionResource, machineResource, roleResource, trust } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';
import { LambdaCaller } from '../lambda-caller.ts';
import { outcome } from './refused.ts';
import { sts } from './sts-caller.ts';

quietEngine();

const shop = {
  Resources: {
    Clerk: roleResource,
    Stranger: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'stranger', AssumeRolePolicyDocument: trust('lambda') } },
    Price: functionResource('price'),
    News: { Type: 'AWS::SNS::Topic', Properties: {} },
    Selling: machineResource({ StartAt: 'Sell', States: { Sell: { Type: 'Pass', End: true } } }),
  },
};
const prefix = 'arn:aws:PART:us-east-1:000000000000';
const of = (service: string, resource: string) => `${prefix.replace('PART', service)}:${resource}`;
const machine = of('states', 'stateMachine:Shop-Selling');
const execution = of('states', 'execution:Shop-Selling:sale-1');
const topic = of('sns', 'Shop-News');

const clients = (engine: Engine, credentials: { accessKeyId: string; secretAccessKey: string }) => {
  const options = { endpoint: engine.endpoint, region: engine.region, credentials, maxAttempts: 1 };
  return {
    states: new SFNClient(options),
    ssm: new SSMClient(options),
    logs: new CloudWatchLogsClient(options),
    sns: new SNSClient(options),
    stacks: new CloudFormationClient(options),
    scheduler: new SchedulerClient(options),
  };
};

type Calls = ReturnType<typeof clients>;

/** What a role without any right is told by each service, in its own words. */
const CALLS: [right: string, resource: string, code: string, call: (as: Calls) => Promise<unknown>][] = [
  [
    'states:StartExecution',
    machine,
    'AccessDeniedException',
    ({ states }) => states.send(new StartExecutionCommand({ stateMachineArn: machine })),
  ],
  [
    'states:DescribeExecution',
    execution,
    'AccessDeniedException',
    ({ states }) => states.send(new DescribeExecutionCommand({ executionArn: execution })),
  ],
  [
    'states:ListStateMachines',
    of('states', 'stateMachine:*'),
    'AccessDeniedException',
    ({ states }) => states.send(new ListStateMachinesCommand()),
  ],
  [
    'ssm:SendCommand',
    of('ssm', 'document/count'),
    'AccessDeniedException',
    ({ ssm }) => ssm.send(new SendCommandCommand({ DocumentName: 'count', InstanceIds: ['mi-1'] })),
  ],
  ['ssm:ListCommands', of('ssm', '*'), 'AccessDeniedException', ({ ssm }) => ssm.send(new ListCommandsCommand())],
  [
    'logs:DescribeLogGroups',
    of('logs', 'log-group::log-stream:'),
    'AccessDeniedException',
    ({ logs }) => logs.send(new DescribeLogGroupsCommand()),
  ],
  [
    'logs:FilterLogEvents',
    of('logs', 'log-group:/shop:log-stream:'),
    'AccessDeniedException',
    ({ logs }) => logs.send(new FilterLogEventsCommand({ logGroupName: '/shop' })),
  ],
  [
    'logs:GetLogEvents',
    of('logs', 'log-group:/shop:log-stream:today'),
    'AccessDeniedException',
    ({ logs }) => logs.send(new GetLogEventsCommand({ logGroupName: '/shop', logStreamName: 'today' })),
  ],
  [
    'sns:Publish',
    topic,
    'AuthorizationErrorException',
    ({ sns }) => sns.send(new PublishCommand({ TopicArn: topic, Message: 'x' })),
  ],
  ['sns:ListTopics', of('sns', '*'), 'AuthorizationErrorException', ({ sns }) => sns.send(new ListTopicsCommand())],
  ['cloudformation:DescribeStacks', '*', 'AccessDenied', ({ stacks }) => stacks.send(new DescribeStacksCommand())],
  [
    'cloudformation:DescribeStacks',
    of('cloudformation', 'stack/Shop/'),
    'AccessDenied',
    ({ stacks }) => stacks.send(new DescribeStacksCommand({ StackName: 'Shop' })),
  ],
  [
    'scheduler:ListSchedules',
    of('scheduler', 'schedule/*/*'),
    'AccessDeniedException',
    ({ scheduler }) => scheduler.send(new ListSchedulesCommand()),
  ],
  [
    'scheduler:GetSchedule',
    of('scheduler', 'schedule/garden/soon'),
    'AccessDeniedException',
    ({ scheduler }) => scheduler.send(new GetScheduleCommand({ GroupName: 'garden', Name: 'soon' })),
  ],
];

const code = { price: { 'index.mjs': 'export const handler = async () => 5;' } };

describe('a service', () => {
  it.each(CALLS)('wants %s on %s, and says %s without', async (right, resource, code, call) => {
    const { engine } = await started(shopOptions(shop, { price: { 'index.mjs': '' } }));
    const error = await call(clients(engine, await engine.credentialsFor('stranger'))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: code });
    expect((error as Error).message).toContain(
      `User: arn:aws:sts::000000000000:assumed-role/stranger/stranger is not authorized to perform: ${right} on resource: ${resource}`,
    );
  });

  it('of functions wants lambda:InvokeFunction', async () => {
    const { engine } = await started(shopOptions(shop, code));
    const stranger = new LambdaCaller({ ...engine, operatorCredentials: await engine.credentialsFor('stranger') });
    expect(await stranger.invoke('Shop-Price', {})).toMatchObject({
      status: 403,
      errorType: 'AccessDeniedException',
      payload: { message: expect.stringContaining(`lambda:InvokeFunction on resource: ${of('lambda', 'function:Shop-Price')}`) },
    });
    expect((await new LambdaCaller(engine).invoke('Shop-Price', {})).payload).toBe(5);
  });

  it('tells everybody who he is', async () => {
    const { engine } = await started(shopOptions(shop, code));
    const { result } = await sts(engine, await engine.credentialsFor('stranger'), 'GetCallerIdentity');
    expect(result.Arn).toBe('arn:aws:sts::000000000000:assumed-role/stranger/stranger');
  });

  it('carries out nothing of which it is not said what it needs', async () => {
    const { engine } = await started(shopOptions(shop, code));
    const { error } = await sts(engine, engine.operatorCredentials, 'GetSessionToken');
    expect(error?.Code).toBe('UnknownOperationException');
    const { ssm } = clients(engine, engine.operatorCredentials);
    expect(await outcome(ssm.send(new GetParameterCommand({ Name: 'x' })))).toBe('UnknownOperationException');
  });
});
