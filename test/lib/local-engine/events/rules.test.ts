import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { expect, test } from 'vitest';
import { functionResource, machineResource, roleResource } from '../foreign-assembly.ts';
import { eventually, shopOptions, started } from '../foreign-engine.ts';

const rule = (status: string, target: object, more: object = {}) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventPattern: { source: ['aws.states'], detail: { status: [status] } },
    Targets: [{ Id: 'Target0', ...target }],
    ...more,
  },
});

const shop = {
  Resources: {
    Clerk: roleResource,
    News: { Type: 'AWS::SNS::Topic', Properties: {} },
    Note: functionResource('note'),
    Selling: machineResource({ StartAt: 'Sell', States: { Sell: { Type: 'Pass', End: true } } }),
    // Without a role of its own EventBridge needs the consent of what it reaches.
    NoteForRules: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'Note' },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['WhenStarted', 'Arn'] },
      },
    },
    NewsForRules: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'News' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: { Ref: 'News' },
              Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['WhenSold', 'Arn'] } } },
            },
          ],
        },
      },
    },
    WhenStarted: rule('RUNNING', { Arn: { 'Fn::GetAtt': ['Note', 'Arn'] }, InputPath: '$.detail' }),
    WhenSold: rule('SUCCEEDED', { Arn: { Ref: 'News' }, Input: '"sold"' }),
    Asleep: rule('SUCCEEDED', { Arn: { Ref: 'News' } }, { State: 'DISABLED' }),
  },
  Outputs: { Selling: { Value: { Ref: 'Selling' } } },
};

const note = (body: string) => ({ note: { 'index.mjs': `export const handler = async (detail) => { ${body} };` } });

test('an event starts the functions and reaches the topics of its rules, but not those of a disabled one', async () => {
  const options = shopOptions(shop, note('console.log("noted " + detail.status + " " + detail.name);'));
  const { clients } = await started(options);
  await clients.run('Selling', {}, 'sale-1');
  const outbox = join(options.directory, 'outbox');
  const letters = readdirSync(outbox).map((file) => JSON.parse(readFileSync(join(outbox, file), 'utf8')).message);
  expect(letters).toEqual(['"sold"']);
  await eventually(async () => {
    const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/Shop-Note' }));
    return events!.some(({ message }) => message === 'noted RUNNING sale-1') || undefined;
  });
});

test('a target that fails is noted with its input, and disturbs nothing', async () => {
  const options = shopOptions(shop, note('throw new RangeError("no ink");'));
  const { clients } = await started(options);
  expect((await clients.run('Selling')).status).toBe('SUCCEEDED');
  const [line, ...others] = readFileSync(join(options.directory, 'engine', 'undelivered.jsonl'), 'utf8')
    .trim()
    .split('\n');
  expect(others).toEqual([]);
  const undelivered = JSON.parse(line!);
  expect(undelivered).toMatchObject({
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:Shop-Note',
    message: 'RangeError: no ink',
  });
  expect(JSON.parse(undelivered.input).status).toBe('RUNNING');
});
