import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
} from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { functionResource, invokeTask, machineResource, reference, roleResource } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';

const price = { 'index.mjs': 'export const handler = async ({ items }) => ({ items, total: items * 3 });' };
// Fails with an error of its own until its second attempt; the module's state lives as long as the warm process.
const flakyStock = {
  'index.mjs': `let attempts = 0;
    export const handler = async (order) => {
      attempts += 1;
      if (attempts < 2) throw Object.assign(new Error('the shelf is blocked'), { name: 'ShelfBlocked' });
      return { ...order, attempts };
    };`,
};

const shop = {
  Resources: {
    Clerk: roleResource,
    Price: functionResource('price'),
    Stock: functionResource('stock'),
    News: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'shop-news' } },
    Reader: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'News' }, Protocol: 'email', Endpoint: 'reader@example.org' },
    },
    Ordering: machineResource({
      StartAt: 'Price the order',
      States: {
        'Price the order': invokeTask('Price', { Next: 'Reserve the stock' }),
        'Reserve the stock': invokeTask('Stock', {
          Retry: [{ ErrorEquals: ['ShelfBlocked'], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 1 }],
          Next: 'Tell the reader',
        }),
        'Tell the reader': {
          Type: 'Task',
          Resource: 'arn:aws:states:::sns:publish',
          Arguments: { TopicArn: reference('News'), Subject: 'Order', Message: '{% "total " & $string($states.input.total) %}' },
          Output: '{% $states.input %}',
          End: true,
        },
      },
    }),
    Refusing: machineResource({
      StartAt: 'Refuse',
      States: { Refuse: { Type: 'Fail', Error: 'SoldOut', Cause: 'nothing left' } },
    }),
    Parent: machineResource({
      StartAt: 'Order',
      States: {
        Order: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Arguments: { StateMachineArn: '{% $states.input.machine %}', Input: '{% $states.input.order %}', Name: 'the-child' },
          Output: '{% $states.result.Output %}',
          Catch: [
            {
              ErrorEquals: ['States.TaskFailed'],
              Output: '{% { "name": $states.errorOutput.Error, "cause": $parse($states.errorOutput.Cause) } %}',
              Next: 'Apologise',
            },
          ],
          End: true,
        },
        Apologise: { Type: 'Succeed' },
      },
    }),
    Waiting: machineResource({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } }),
  },
  Outputs: {
    Ordering: { Value: { Ref: 'Ordering' } },
    Refusing: { Value: { Ref: 'Refusing' } },
    Parent: { Value: { Ref: 'Parent' } },
    Waiting: { Value: { Ref: 'Waiting' } },
  },
};
const assets = { price, stock: flakyStock };

test('two functions, a retry by error name and a publication make one execution that succeeds', async () => {
  const options = shopOptions(shop, assets);
  const { clients } = await started(options);
  const { status, output } = await clients.run('Ordering', { items: 7 });
  expect(status).toBe('SUCCEEDED');
  expect(JSON.parse(output!)).toEqual({ items: 7, total: 21, attempts: 2 });

  const [file, ...others] = readdirSync(join(options.directory, 'outbox'));
  expect(others).toEqual([]);
  expect(file).toMatch(/^\d{8}T\d{6}Z-000001\.json$/);
  const letter = JSON.parse(readFileSync(join(options.directory, 'outbox', file!), 'utf8'));
  expect(letter).toEqual({
    topicArn: 'arn:aws:sns:us-east-1:000000000000:shop-news',
    subject: 'Order',
    message: 'total 21',
    subscriptions: [{ protocol: 'email', endpoint: 'reader@example.org' }],
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
});

test('a parent gets the output of its child as data', async () => {
  const { engine, clients } = await started(shopOptions(shop, assets));
  const { status, output } = await clients.run('Parent', { machine: engine.outputs('Shop').Ordering, order: { items: 1 } });
  expect(status).toBe('SUCCEEDED');
  expect(JSON.parse(output!)).toMatchObject({ items: 1, total: 3 });
});

test('the failure of a child reaches its parent as States.TaskFailed with the description of the child as its cause', async () => {
  const { engine, clients } = await started(shopOptions(shop, assets));
  const { output } = await clients.run('Parent', { machine: engine.outputs('Shop').Refusing, order: { items: 1 } });
  const { name, cause } = JSON.parse(output!);
  expect(name).toBe('States.TaskFailed');
  expect(cause).toMatchObject({
    Status: 'FAILED',
    Error: 'SoldOut',
    Cause: 'nothing left',
    Name: 'the-child',
    Input: { items: 1 },
  });
  expect(cause.StopDate).toBeGreaterThanOrEqual(cause.StartDate);
  expect(cause.StartDate).toBeGreaterThan(Date.now() - 60_000);
});

test('the same name with the same input is the same execution while it runs, and a refusal with another input', async () => {
  const { clients } = await started(shopOptions(shop, assets));
  const first = await clients.start('Waiting', { order: 1 }, 'order-1');
  expect(await clients.start('Waiting', { order: 1 }, 'order-1')).toBe(first);
  await expect(clients.start('Waiting', { order: 2 }, 'order-1')).rejects.toThrow(
    expect.objectContaining({ name: 'ExecutionAlreadyExists' }),
  );
});

test('the name of an execution that has ended is not used again', async () => {
  const { clients } = await started(shopOptions(shop, assets));
  await clients.run('Refusing', {}, 'once');
  await expect(clients.start('Refusing', {}, 'once')).rejects.toThrow(
    expect.objectContaining({ name: 'ExecutionAlreadyExists' }),
  );
});

test.for(['with space', '2026-11-23T02:00', 'x'.repeat(81), ''])('the execution name «%s» is refused', async (name) => {
  const { clients } = await started(shopOptions(shop, assets));
  await expect(clients.start('Refusing', {}, name)).rejects.toThrow(expect.objectContaining({ name: 'InvalidName' }));
});

test('executions are listed by machine and by status, newest first', async () => {
  const { engine, clients } = await started(shopOptions(shop, assets));
  for (const name of ['a', 'b', 'c']) await clients.run('Refusing', {}, name);
  const waiting = await clients.start('Waiting');
  const list = async (output: string, more: object = {}) => {
    const stateMachineArn = engine.outputs('Shop')[output];
    return clients.states.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
  };
  expect((await list('Refusing')).executions?.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
  expect((await list('Refusing', { statusFilter: 'RUNNING' })).executions).toEqual([]);
  expect((await list('Waiting', { statusFilter: 'RUNNING' })).executions?.map(({ executionArn }) => executionArn)).toEqual([
    waiting,
  ]);
  const page = await list('Refusing', { maxResults: 2 });
  const next = await list('Refusing', { maxResults: 2, nextToken: page.nextToken });
  expect([page, next].map(({ executions }) => executions?.length)).toEqual([2, 1]);
  expect(next.nextToken).toBeUndefined();
});

test('the history of an execution comes in pages, in both directions', async () => {
  const { clients } = await started(shopOptions(shop, assets));
  const { executionArn } = await clients.run('Ordering', { items: 1 });
  const all: number[] = [];
  for await (const page of paginateGetExecutionHistory({ client: clients.states, pageSize: 3 }, { executionArn })) {
    expect(page.events!.length).toBeLessThanOrEqual(3);
    all.push(...page.events!.map(({ id }) => id!));
  }
  expect(all).toEqual(all.map((_, index) => index + 1));
  const { events } = await clients.states.send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
  );
  expect(events![0]).toMatchObject({ id: all.length, type: 'ExecutionSucceeded', timestamp: expect.any(Date) });
});

test('machines are described with the definition of the template', async () => {
  const { engine, clients } = await started(shopOptions(shop, assets));
  const { stateMachines } = await clients.states.send(new ListStateMachinesCommand({}));
  expect(stateMachines!.map(({ name }) => name)).toEqual(['Shop-Ordering', 'Shop-Refusing', 'Shop-Parent', 'Shop-Waiting']);
  const stateMachineArn = engine.outputs('Shop').Ordering;
  const { definition, name } = await clients.states.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(name).toBe('Shop-Ordering');
  expect(JSON.parse(definition!).StartAt).toBe('Price the order');
});

test('what does not exist is named', async () => {
  const { clients } = await started(shopOptions(shop, assets));
  const missing = 'arn:aws:states:us-east-1:000000000000:execution:Shop-Waiting:none';
  await expect(clients.describe(missing)).rejects.toThrow(expect.objectContaining({ name: 'ExecutionDoesNotExist' }));
  await expect(clients.describe('nonsense')).rejects.toThrow(expect.objectContaining({ name: 'InvalidArn' }));
});
