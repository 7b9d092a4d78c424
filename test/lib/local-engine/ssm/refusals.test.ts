import { describe, expect, test } from 'vitest';
import { loadDocument } from '../../../../lib/local-engine/ssm/document.ts';
import { documentOf, engineWith, instanceId, send } from './harness.ts';

describe('a call is refused', () => {
  test.each([
    ['for an action that is not known', 'PutParameter', {}, 'UnknownOperationException'],
    ['for a parameter that is not known', 'SendCommand', { DocumentName: 'job', Targets: [] }, 'ValidationException'],
    ['for a document that does not exist', 'SendCommand', { DocumentName: 'nope', InstanceIds: [instanceId] }, 'InvalidDocument'],
    ['for another instance', 'SendCommand', { DocumentName: 'job', InstanceIds: ['i-other'] }, 'InvalidInstanceId'],
    ['for two instances', 'SendCommand', { DocumentName: 'job', InstanceIds: [instanceId, 'i-other'] }, 'InvalidInstanceId'],
    ['for no instance', 'SendCommand', { DocumentName: 'job' }, 'InvalidInstanceId'],
    [
      'for a comment of 101 characters',
      'SendCommand',
      { DocumentName: 'job', InstanceIds: [instanceId], Comment: 'x'.repeat(101) },
      'ValidationException',
    ],
    [
      'for a delivery timeout below 30 s',
      'SendCommand',
      { DocumentName: 'job', InstanceIds: [instanceId], TimeoutSeconds: 29 },
      'ValidationException',
    ],
    [
      'for an unknown member of the output settings',
      'SendCommand',
      { DocumentName: 'job', InstanceIds: [instanceId], CloudWatchOutputConfig: { X: 1 } },
      'ValidationException',
    ],
    [
      'for a command id that does not exist',
      'GetCommandInvocation',
      { CommandId: 'x', InstanceId: instanceId },
      'InvocationDoesNotExist',
    ],
    ['for cancelling a command that does not exist', 'CancelCommand', { CommandId: 'x' }, 'InvalidCommandId'],
    [
      'for a filter that is not known',
      'ListCommands',
      { Filters: [{ key: 'ExecutionStage', value: 'Complete' }] },
      'InvalidFilterKey',
    ],
    [
      'for a time that is none',
      'ListCommands',
      { Filters: [{ key: 'InvokedAfter', value: 'yesterday' }] },
      'ValidationException',
    ],
  ])('%s', async (_, action, params, code) => {
    const { ssm } = engineWith(['true']);
    await expect(ssm.call(action, params)).rejects.toMatchObject({ code });
  });

  test.each([
    ['a value that does not match its pattern', { input: ['A'] }],
    ['a value with {{, which Parameter Store would resolve', { free: ['{{ssm:secret}}'] }],
    ['two values', { input: ['a', 'b'] }],
    ['a parameter that the document does not have', { other: ['a'] }],
    ['a time limit beyond two days', { executionTimeout: ['172801'] }],
  ])('for %s', async (_, parameters) => {
    const { ssm } = engineWith(['true']);
    await expect(send(ssm, parameters)).rejects.toMatchObject({ code: 'InvalidParameters' });
  });
});

describe('a document is refused', () => {
  type Content = {
    parameters: Record<string, Record<string, unknown>>;
    mainSteps: { inputs: Record<string, unknown> }[];
  } & Record<string, unknown>;
  const changed = (change: (content: Content) => void) => {
    const content = documentOf('true') as Content;
    change(content);
    return content;
  };
  const cases: [string, (content: Content) => void, RegExp][] = [
    ['with another schema version', (c) => Object.assign(c, { schemaVersion: '1.2' }), /schemaVersion/],
    ['with a key that is not known', (c) => Object.assign(c, { outputs: [] }), /outputs/],
    ['with a step key that is not known', (c) => Object.assign(c.mainSteps[0]!, { precondition: {} }), /precondition/],
    [
      'with an input that is not known',
      (c) => Object.assign(c.mainSteps[0]!.inputs, { workingDirectory: '/' }),
      /workingDirectory/,
    ],
    ['with a parameter key that is not known', (c) => Object.assign(c.parameters.input!, { maxChars: 5 }), /maxChars/],
    ['with two steps', (c) => c.mainSteps.push(c.mainSteps[0]!), /exactly one step/],
    ['with another action', (c) => Object.assign(c.mainSteps[0]!, { action: 'aws:runPowerShellScript' }), /runShellScript/],
    ['with a list parameter', (c) => Object.assign(c.parameters.input!, { type: 'StringList' }), /String/],
    ['with {{ in its script', (c) => Object.assign(c.mainSteps[0]!.inputs, { runCommand: ['echo {{ input }}'] }), /\{\{ input/],
    [
      'with a time limit that is another parameter',
      (c) => Object.assign(c.mainSteps[0]!.inputs, { timeoutSeconds: '{{ input }}' }),
      /timeoutSeconds/,
    ],
    [
      'with a time limit that is a variable',
      (c) => Object.assign(c.parameters.executionTimeout!, { interpolationType: 'ENV_VAR' }),
      /ENV_VAR/,
    ],
    [
      'with a parameter named like the agent’s variable',
      (c) => Object.assign(c.parameters, { COMMAND_ID: { type: 'String' } }),
      /COMMAND_ID/,
    ],
  ];
  test.each(cases)('%s', (_, change, message) => {
    expect(() => loadDocument('job', changed(change))).toThrow(message);
  });
});
