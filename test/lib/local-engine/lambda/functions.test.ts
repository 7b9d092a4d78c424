import { DescribeLogStreamsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { expect, test } from 'vitest';
import { functionResource, invokeTask, machineResource, roleResource } from '../foreign-assembly.ts';
import { eventually, shopOptions, started } from '../foreign-engine.ts';

const handler = (body: string): Record<string, string> => ({
  'index.mjs': `export const handler = async (event, context) => { ${body} };`,
});

const assets: Record<string, Record<string, string>> = {
  echo: handler('return { event, context: { ...context, left: context.getRemainingTimeInMillis() } };'),
  environment: handler('return process.env;'),
  count: { 'index.mjs': 'let calls = 0; export const handler = async () => ({ calls: ++calls, pid: process.pid });' },
  slow: handler('await new Promise((resolve) => setTimeout(resolve, event.milliseconds ?? 60_000)); return process.pid;'),
  busy: handler('while (true);'),
  exit: handler('process.exit(3);'),
  throws: handler('throw new TypeError("no such flower");'),
  nothing: handler(''),
  rejects: handler(
    'Promise.reject(new Error("nobody waits for this")); await new Promise((resolve) => setTimeout(resolve, 5000));',
  ),
  hungry: handler('const all = []; while (true) all.push(new Array(1_000_000).fill(event.n));'),
  large: handler('return "x".repeat(7 * 1024 * 1024);'),
  talks: handler('console.log("picked", event.name); console.error("and packed"); return 1;'),
  classic: { 'index.js': 'exports.handler = async (event) => ({ classic: event });' },
  broken: { 'index.mjs': 'export const handler = async () => {' },
  missing: { 'index.mjs': 'import "./not-there.mjs"; export const handler = async () => 1;' },
  dies: { 'index.mjs': 'process.exit(4); export const handler = async () => 1;' },
};

function shop(name: string, properties: Record<string, unknown> = {}) {
  return {
    Resources: {
      Clerk: roleResource,
      Work: functionResource(name, { FunctionName: 'work', ...properties }),
      Working: machineResource({
        StartAt: 'Work',
        States: {
          Work: invokeTask('Work', {
            Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput %}', Next: 'Failed' }],
            End: true,
          }),
          Failed: { Type: 'Succeed' },
        },
      }),
    },
    Outputs: { Working: { Value: { Ref: 'Working' } } },
  };
}

test('a function gets its event and the context that AWS gives', async () => {
  const { clients } = await started(shopOptions(shop('echo', { Timeout: 9, MemorySize: 256 }), assets));
  const { status, functionError, payload } = await clients.lambda.invoke('work', { flowers: ['tulip', 'Ünïcode'] });
  expect({ status, functionError }).toEqual({ status: 200, functionError: null });
  const { event, context } = payload as { event: unknown; context: Record<string, unknown> };
  expect(event).toEqual({ flowers: ['tulip', 'Ünïcode'] });
  expect(context).toMatchObject({
    functionName: 'work',
    functionVersion: '$LATEST',
    memoryLimitInMB: '256',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:work',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(context.left).toBeGreaterThan(8000);
  expect(context.left).toBeLessThanOrEqual(9000);
});

test('a function has the variables of its template, the credentials of its role, and nothing of the caller', async () => {
  const { engine, clients } = await started(
    shopOptions(shop('environment', { Environment: { Variables: { COLOUR: 'red' } } }), assets),
  );
  const { payload } = await clients.lambda.invoke('work', {});
  const environment = payload as Record<string, string>;
  const role = await engine.credentialsFor('Shop-Clerk');
  expect(environment).toMatchObject({
    COLOUR: 'red',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: engine.endpoint,
    AWS_ACCESS_KEY_ID: role.accessKeyId,
    AWS_SECRET_ACCESS_KEY: role.secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: 'work',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  });
  expect(role).not.toEqual(engine.operatorCredentials);
  for (const name of ['HOME', 'VITEST', 'NODE_OPTIONS', 'AWS_PROFILE']) expect(environment).not.toHaveProperty(name);
});

test('a warm function keeps its process and its state, and answers many times faster than a cold one', async () => {
  const { clients } = await started(shopOptions(shop('count'), assets));
  const timed = async (): Promise<{ payload: unknown; milliseconds: number }> => {
    const begun = performance.now();
    const { payload } = await clients.lambda.invoke('work', {});
    return { payload, milliseconds: performance.now() - begun };
  };
  const cold = await timed();
  const { pid } = cold.payload as { pid: number };
  const times: number[] = [];
  for (let calls = 2; calls <= 20; calls += 1) {
    const warm = await timed();
    expect(warm.payload).toEqual({ calls, pid });
    times.push(warm.milliseconds);
  }
  expect(Math.min(...times)).toBeLessThan(cold.milliseconds / 5);
});

test('concurrent invocations run side by side, at most four at a time', async () => {
  const { clients } = await started(shopOptions(shop('slow'), assets));
  const answers = await Promise.all(Array.from({ length: 8 }, () => clients.lambda.invoke('work', { milliseconds: 300 })));
  expect(new Set(answers.map(({ payload }) => payload)).size).toBe(4);
});

test.for([
  ['throws', 'TypeError', 'no such flower'],
  ['exit', 'Runtime.ExitError', 'Runtime exited with error: exit status 3'],
  ['rejects', 'Runtime.UnhandledPromiseRejection', 'nobody waits for this'],
  ['hungry', 'Runtime.ExitError', 'Runtime exited with error: signal: '],
  ['slow', 'Sandbox.Timedout', 'Task timed out after 1.00 seconds'],
  ['busy', 'Sandbox.Timedout', 'Task timed out after 1.00 seconds'],
  ['broken', 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
  ['missing', 'Runtime.ImportModuleError', 'not-there.mjs'],
  ['dies', 'Runtime.ExitError', 'exit status 4'],
  ['large', 'Function.ResponseSizeTooLarge', 'exceeded maximum allowed payload size'],
] as const)('a function that goes wrong (%s) fails as %s', async ([name, errorType, errorMessage]) => {
  const { clients } = await started(shopOptions(shop(name, { Timeout: name === 'slow' || name === 'busy' ? 1 : 30 }), assets));
  const answer = await clients.lambda.invoke('work', { n: 1 });
  expect(answer).toMatchObject({ status: 200, functionError: 'Unhandled' });
  expect(answer.payload).toMatchObject({ errorType, errorMessage: expect.stringContaining(errorMessage) });
});

test('a handler that the asset does not export is named', async () => {
  const { clients } = await started(shopOptions(shop('echo', { Handler: 'index.other' }), assets));
  expect((await clients.lambda.invoke('work', {})).payload).toMatchObject({ errorType: 'Runtime.HandlerNotFound' });
});

test('a function that timed out or crashed answers again, in a new process', async () => {
  const { clients } = await started(shopOptions(shop('slow', { Timeout: 1 }), assets));
  const before = await clients.lambda.invoke('work', { milliseconds: 1 });
  expect((await clients.lambda.invoke('work', {})).functionError).toBe('Unhandled');
  const after = await clients.lambda.invoke('work', { milliseconds: 1 });
  expect(after.functionError).toBeNull();
  expect(after.payload).not.toBe(before.payload);
});

test('the error of a function reaches the state machine by its name, with its payload as the cause', async () => {
  const { clients } = await started(shopOptions(shop('throws'), assets));
  const { Error: error, Cause: cause } = JSON.parse((await clients.run('Working')).output!);
  expect(error).toBe('TypeError');
  expect(JSON.parse(cause)).toEqual({ errorType: 'TypeError', errorMessage: 'no such flower', trace: expect.any(Array) });
});

test('a timeout reaches the state machine as Sandbox.Timedout', async () => {
  const { clients } = await started(shopOptions(shop('slow', { Timeout: 1 }), assets));
  expect(JSON.parse((await clients.run('Working')).output!)).toMatchObject({ Error: 'Sandbox.Timedout' });
});

test('a function that gives nothing back gives null', async () => {
  const { clients } = await started(shopOptions(shop('nothing'), assets));
  expect((await clients.lambda.invoke('work', {})).payload).toBeNull();
});

test('a CommonJS function runs too', async () => {
  const { clients } = await started(shopOptions(shop('classic'), assets));
  expect((await clients.lambda.invoke('work', 5)).payload).toEqual({ classic: 5 });
});

test('what a function prints is in the log group of its template', async () => {
  const stack = shop('talks', { LoggingConfig: { LogGroup: { Ref: 'Journal' } } });
  const Journal = { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/shop/work', RetentionInDays: 7 } };
  const { clients } = await started(shopOptions({ ...stack, Resources: { ...stack.Resources, Journal } }, assets));
  await clients.lambda.invoke('work', { name: 'tulips' });
  const messages = await eventually(async () => {
    const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: '/shop/work' }));
    return events!.length >= 3 ? events!.map(({ message }) => message) : undefined;
  });
  expect(messages).toEqual(expect.arrayContaining(['picked tulips', 'and packed', expect.stringMatching(/^REPORT RequestId: /)]));
  const { logStreams } = await clients.logs.send(new DescribeLogStreamsCommand({ logGroupName: '/shop/work' }));
  expect(logStreams!.map(({ logStreamName }) => logStreamName)).toEqual([
    expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
  ]);
});

test('a function that is not there, and a way of invoking that is not known, are refused by name', async () => {
  const { clients } = await started(shopOptions(shop('echo'), assets));
  expect(await clients.lambda.invoke('other', {})).toMatchObject({ status: 404, errorType: 'ResourceNotFoundException' });
  const dryRun = await clients.lambda.invoke('work', {}, { 'x-amz-invocation-type': 'DryRun' });
  expect(dryRun).toMatchObject({ status: 400, errorType: 'InvalidParameterValueException' });
});

test('a payload above six megabytes is refused', async () => {
  const { clients } = await started(shopOptions(shop('echo'), assets));
  expect(await clients.lambda.invoke('work', 'x'.repeat(6.5 * 1024 * 1024))).toMatchObject({
    status: 413,
    errorType: 'RequestTooLargeException',
  });
});
