import { describe, expect, it } from 'vitest';
import { executionName, FAILURE } from '../../../lib/platform/jsonata.ts';
import { machineOf, play } from '../local-engine/states/scripted-run.ts';

/** What FAILURE makes of an error that a Catch caught. */
async function failureOf(error: string, cause: string): Promise<unknown> {
  const work = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    End: true,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', Output: FAILURE }],
  };
  const machine = machineOf('Work', { Work: work, Caught: { Type: 'Succeed' } });
  const told = await play({ machine, tasks: { Work: [{ fail: [error, cause] }] } });
  return (told.outcome as { output?: unknown }).output;
}

describe('what was caught', () => {
  it('is the error and message of an agent', async () => {
    const cause = JSON.stringify({ errorType: 'DumpFailed', errorMessage: 'it said "no"\nand left', trace: ['a'] });
    expect(await failureOf('DumpFailed', cause)).toEqual({ name: 'DumpFailed', message: 'it said "no"\nand left' });
  });

  it('is the error and cause of a child execution', async () => {
    const cause = JSON.stringify({
      Cause: 'The volume is empty.',
      Error: 'SourceEmpty',
      Input: '{"Error":"Wrong"}',
      Status: 'FAILED',
    });
    expect(await failureOf('States.TaskFailed', cause)).toEqual({ name: 'SourceEmpty', message: 'The volume is empty.' });
  });

  it('is the error of a child execution whose description was cut', async () => {
    const cause = JSON.stringify({ Error: 'SourceEmpty', Input: 'x'.repeat(40_000) }).slice(0, 32_768);
    expect(await failureOf('States.TaskFailed', cause)).toMatchObject({ name: 'SourceEmpty' });
  });

  it('is never taken from the input of a child whose description was cut', async () => {
    const cause = JSON.stringify({ Input: JSON.stringify({ Error: 'Wrong', more: 'x'.repeat(40_000) }) }).slice(0, 32_768);
    expect(await failureOf('States.TaskFailed', cause)).toMatchObject({ name: 'States.TaskFailed' });
  });

  it.each([
    ['States.Timeout', ''],
    ['Sandbox.Timedout', 'Task timed out after 60.00 seconds'],
    ['Ssm.SsmException', '{ not json }x'],
    ['Lambda.Unknown', '[1]'],
  ])('is %s as it is', async (name, cause) => {
    expect(await failureOf(name, cause)).toEqual({ name, message: cause });
  });
});

describe('the name of a child execution', () => {
  async function nameOf(stem: string, input: unknown = {}): Promise<string> {
    const work = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      End: true,
      Arguments: { Name: executionName(stem) },
    };
    const told = await play({ machine: machineOf('Work', { Work: work }), input, tasks: { Work: [{ echo: true }] } });
    return ((told.outcome as { output?: unknown }).output as { Name: string }).Name;
  }

  it('is the stem, the number of the retry and a random part', async () => {
    expect(await nameOf("{% $states.input.id & '-database-shop' %}", { id: '20261123T020000Z' })).toMatch(
      /^20261123T020000Z-database-shop-0-[0-9a-f]{8}$/,
    );
  });

  it('has at most 80 characters, all of them allowed', async () => {
    expect(await nameOf(`a:b ${'é'.repeat(100)}`)).toMatch(/^a-b-{64}-0-[0-9a-f]{8}$/);
  });

  it('differs each time', async () => {
    expect(await nameOf('same')).not.toBe(await nameOf('same'));
  });
});
