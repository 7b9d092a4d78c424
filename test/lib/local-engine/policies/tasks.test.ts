import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { quietEngine } from '../../../support/quiet-engine.ts';
import { allow, functionResource, machineResource, reference, trust } from '../foreign-assembly.ts';
import { hostCommands, shopOptions, started } from '../foreign-engine.ts';
import { refused } from './refused.ts';

quietEngine();

const instance = hostCommands.instanceId;
const states = (name: string) => ({ 'Fn::Sub': `arn:aws:states:*:${reference('AWS::AccountId')}:${name}` });
const command = (action: string, Arguments: object) => ({ Resource: `arn:aws:states:::aws-sdk:ssm:${action}`, Arguments });
const document = {
  Type: 'AWS::SSM::Document',
  Properties: {
    DocumentType: 'Command',
    Name: 'count-flowers',
    Content: {
      schemaVersion: '2.2',
      mainSteps: [{ action: 'aws:runShellScript', name: 'count', inputs: { timeoutSeconds: '60', runCommand: ['true'] } }],
    },
  },
};

type Grant = [actions: string | string[], resource: unknown];

interface TaskCase {
  task: object;
  /** Everything that the task needs, each right for itself. */
  needs: Grant[];
  error: string;
}

const topicKey = { 'Fn::GetAtt': ['NewsKey', 'Arn'] };
const CASES: Record<string, TaskCase> = {
  'the invocation of a function': {
    task: { Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: reference('Price.Arn'), Payload: {} } },
    needs: [['lambda:InvokeFunction', { 'Fn::GetAtt': ['Price', 'Arn'] }]],
    error: 'Lambda.AWSLambdaException',
  },
  'a publication to an encrypted topic': {
    task: { Resource: 'arn:aws:states:::sns:publish', Arguments: { TopicArn: reference('News'), Message: 'sold' } },
    needs: [
      ['sns:Publish', { Ref: 'News' }],
      ['kms:GenerateDataKey', topicKey],
      ['kms:Decrypt', topicKey],
    ],
    error: 'SNS.AuthorizationErrorException',
  },
  'the start of an execution': {
    task: { Resource: 'arn:aws:states:::states:startExecution', Arguments: { StateMachineArn: reference('Child'), Input: {} } },
    needs: [['states:StartExecution', { Ref: 'Child' }]],
    error: 'StepFunctions.AWSStepFunctionsException',
  },
  'an execution that is waited for': {
    task: {
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: reference('Child'), Input: {} },
    },
    needs: [
      ['states:StartExecution', { Ref: 'Child' }],
      ['states:DescribeExecution', states('execution:Shop-Child:*')],
    ],
    error: 'StepFunctions.AWSStepFunctionsException',
  },
  'a list of executions': {
    task: { Resource: 'arn:aws:states:::aws-sdk:sfn:listExecutions', Arguments: { StateMachineArn: reference('Child') } },
    needs: [['states:ListExecutions', { Ref: 'Child' }]],
    error: 'Sfn.SfnException',
  },
  'a command to the host': {
    task: command('sendCommand', { DocumentName: reference('Count'), InstanceIds: [instance] }),
    needs: [
      ['ssm:SendCommand', { 'Fn::Sub': `arn:aws:ssm:*:${reference('AWS::AccountId')}:document/count-flowers` }],
      ['ssm:SendCommand', { 'Fn::Sub': `arn:aws:ssm:*:${reference('AWS::AccountId')}:managed-instance/${instance}` }],
    ],
    error: 'Ssm.SsmException',
  },
  'a list of commands': {
    task: command('listCommands', {}),
    needs: [['ssm:ListCommands', '*']],
    error: 'Ssm.SsmException',
  },
  'a look at the host': {
    task: command('describeInstanceInformation', {}),
    needs: [['ssm:DescribeInstanceInformation', '*']],
    error: 'Ssm.SsmException',
  },
};

/** Rights without which Step Functions would not make a machine that waits for another. */
const TO_BE_MADE: Grant = [['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], '*'];
const code = { price: { 'index.mjs': 'export const handler = async () => 5;' } };

/** An engine in which one machine has one task and just these rights. */
function shop(task: object, rights: Grant[], child: object = { Type: 'Pass' }) {
  const role = (...grants: Grant[]) => ({
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: trust('states', 'lambda'),
      Policies: [{ PolicyName: 'rights', PolicyDocument: allow(...grants) }],
    },
  });
  return shopOptions(
    {
      Resources: {
        Clerk: role([['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], '*']),
        Seller: role(TO_BE_MADE, ...rights),
        NewsKey: { Type: 'AWS::KMS::Key', Properties: {} },
        News: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['NewsKey', 'Arn'] } } },
        Price: functionResource('price'),
        Count: document,
        Child: machineResource({ StartAt: 'Only', States: { Only: { ...child, End: true } } }),
        Selling: machineResource(
          { StartAt: 'Do', States: { Do: { Type: 'Task', ...task, End: true } } },
          { RoleArn: { 'Fn::GetAtt': ['Seller', 'Arn'] } },
        ),
      },
      Outputs: { Selling: { Value: { Ref: 'Selling' } }, Child: { Value: { Ref: 'Child' } } },
    },
    code,
  );
}

const all = Object.entries(CASES);

describe('a task of a machine', () => {
  it.each(all)('%s needs no more than this of the role of the machine', async (_, { task, needs }) => {
    const { clients } = await started(shop(task, needs));
    const { status, error, cause } = await clients.run('Selling');
    expect([status, error, cause]).toEqual(['SUCCEEDED', undefined, undefined]);
  });

  const without = all.flatMap(([what, { needs, ...one }]) =>
    needs.map((missing, index) => ({
      ...one,
      what,
      missing: String(missing[0]),
      index,
      rights: needs.filter((need) => need !== missing),
    })),
  );
  it.each(without)('$what needs $missing ($index) and fails as $error without', async ({ task, missing, rights, error }) => {
    const options = shop(task, rights);
    const { clients } = await started(options);
    const execution = await clients.run('Selling', {}, 'sale-1');
    expect(execution).toMatchObject({ status: 'FAILED', error });
    expect(execution.cause).toMatch(
      new RegExp(
        `^User: arn:aws:sts::000000000000:assumed-role/Shop-Seller/sale-1 is not authorized to perform: ${missing} on resource: \\S+ ` +
          `because no identity-based policy allows the ${missing} action \\(Service: `,
      ),
    );
    expect(refused(options.directory).at(-1)).toMatchObject({ action: missing });
  });

  it('that is refused has no effect', async () => {
    const { task } = CASES['a publication to an encrypted topic']!;
    const options = shop(task, [['sns:Publish', '*']]);
    const { clients } = await started(options);
    expect((await clients.run('Selling')).status).toBe('FAILED');
    expect(readdirSync(join(options.directory, 'outbox'))).toEqual([]);
  });
});

describe('a machine that waits for another', () => {
  const waiting = {
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Arguments: { StateMachineArn: reference('Child'), Input: {} },
    TimeoutSeconds: 1,
  };
  const grants: Grant[] = [
    ['states:StartExecution', { Ref: 'Child' }],
    ['states:DescribeExecution', '*'],
  ];

  it.each([
    ['is stopped with it', [['states:StopExecution', '*'] as Grant], 'ABORTED'],
    ['goes on when it may not be stopped', [], 'SUCCEEDED'],
  ])('and gives up: the other %s', async (_, more, status) => {
    const { engine, clients } = await started(shop(waiting, [...grants, ...more], { Type: 'Wait', Seconds: 3 }));
    expect((await clients.run('Selling')).error).toBe('States.Timeout');
    const stateMachineArn = engine.outputs('Shop').Child;
    const { executions } = await clients.states.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions).toMatchObject([{ status }]);
  });
});
