import { GetExecutionHistoryCommand, ListExecutionsCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { machineResource, reference, roleResource } from '../foreign-assembly.ts';
import { type Clients, eventually, shopOptions, started } from '../foreign-engine.ts';

const waiting = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } };

const shop = {
  Resources: {
    Clerk: roleResource,
    Picking: machineResource(waiting, { StateMachineName: 'picking' }),
    Hurried: machineResource({ TimeoutSeconds: 1, ...waiting }),
    Parent: machineResource({
      StartAt: 'Pick',
      States: {
        Pick: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Arguments: { StateMachineArn: reference('Picking'), Input: {}, Name: 'child' },
          End: true,
        },
      },
    }),
    TidyUp: machineResource({ StartAt: 'Note', States: { Note: { Type: 'Pass', End: true } } }),
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: {
          source: ['aws.states'],
          'detail-type': ['Step Functions Execution Status Change'],
          detail: { status: ['ABORTED', 'TIMED_OUT', 'FAILED'], stateMachineArn: [{ Ref: 'Picking' }, { Ref: 'Hurried' }] },
        },
        State: 'ENABLED',
        Targets: [
          {
            Id: 'Target0',
            Arn: { Ref: 'TidyUp' },
            RoleArn: { 'Fn::GetAtt': ['Clerk', 'Arn'] },
            RetryPolicy: { MaximumRetryAttempts: 2 },
            InputTransformer: {
              InputPathsMap: { name: '$.detail.name', status: '$.detail.status' },
              InputTemplate: '{"order":<name>,"note":"it is <status>"}',
            },
          },
        ],
      },
    },
  },
  Outputs: {
    Picking: { Value: { Ref: 'Picking' } },
    Hurried: { Value: { Ref: 'Hurried' } },
    Parent: { Value: { Ref: 'Parent' } },
    TidyUp: { Value: { Ref: 'TidyUp' } },
  },
};

async function inputsOf(clients: Clients, stateMachineArn: string): Promise<unknown[]> {
  const { executions } = await clients.states.send(new ListExecutionsCommand({ stateMachineArn }));
  const described = await Promise.all(executions!.map(({ executionArn }) => clients.describe(executionArn!)));
  return described.map(({ input }) => JSON.parse(input!));
}

test('a stopped execution is ABORTED with the error that it was stopped with, and the rule for it has run', async () => {
  const { engine, clients } = await started(shopOptions(shop));
  const executionArn = await clients.start('Picking', {}, 'order-7');
  await clients.states.send(new StopExecutionCommand({ executionArn, error: 'Cancelled', cause: 'the customer left' }));
  await engine.idle();
  expect(await clients.describe(executionArn)).toMatchObject({
    status: 'ABORTED',
    error: 'Cancelled',
    cause: 'the customer left',
  });
  expect(await inputsOf(clients, engine.outputs('Shop').TidyUp!)).toEqual([{ order: 'order-7', note: 'it is ABORTED' }]);
});

test('a machine that exceeds its time is TIMED_OUT, and the rule for it has run', async () => {
  const { engine, clients } = await started(shopOptions(shop));
  expect(await clients.run('Hurried', {}, 'order-8')).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  expect(await inputsOf(clients, engine.outputs('Shop').TidyUp!)).toEqual([{ order: 'order-8', note: 'it is TIMED_OUT' }]);
});

test('stopping a parent stops the child that it waits for', async () => {
  const { engine, clients } = await started(shopOptions(shop));
  const executionArn = await clients.start('Parent');
  const child = 'arn:aws:states:us-east-1:000000000000:execution:picking:child';
  await eventually(() => clients.describe(child).catch(() => undefined));
  await clients.states.send(new StopExecutionCommand({ executionArn }));
  await engine.idle();
  expect((await clients.describe(executionArn)).status).toBe('ABORTED');
  expect((await clients.describe(child)).status).toBe('ABORTED');
});

test('stopping an execution that has ended changes nothing', async () => {
  const { clients } = await started(shopOptions(shop));
  const { executionArn } = await clients.run('TidyUp');
  await clients.states.send(new StopExecutionCommand({ executionArn }));
  expect((await clients.describe(executionArn!)).status).toBe('SUCCEEDED');
  const { events } = await clients.states.send(new GetExecutionHistoryCommand({ executionArn }));
  expect(events!.at(-1)!.type).toBe('ExecutionSucceeded');
});

test('an engine that is closed stops what runs, and the rules have done their work before it ends', async () => {
  const options = shopOptions(shop);
  const first = await started(options);
  const executionArn = await first.clients.start('Picking', {}, 'order-9');
  await first.engine.close();
  const second = await started(options);
  expect(await second.clients.describe(executionArn)).toMatchObject({ status: 'ABORTED', error: 'EngineClosed' });
  expect(await inputsOf(second.clients, second.engine.outputs('Shop').TidyUp!)).toEqual([
    { order: 'order-9', note: 'it is ABORTED' },
  ]);
});
