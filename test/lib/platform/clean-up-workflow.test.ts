import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, play, type Told } from '../local-engine/states/scripted-run.ts';
import { suiteMachines } from '../suite-machines.ts';

const FIND = 'Find what is left to do';
const LIST = 'Find the commands of the run';
const CANCEL = 'Cancel the command';
const LOOK = 'Look whether it has ended';
const REMOVE = 'Remove the scratch that the run left';
const PUT_BACK = 'Put back what the run has touched';
const RECORD = 'Record the failure';
const TELL = 'Tell the operators';
const TELL_PLAINLY = 'Tell the operators plainly';
const MARK = 'Mark what the run has stored';
const RELEASE = 'Release the lock of the run';

const RUN = 'arn:aws:states:eu-west-1:123456789012:execution:shop-backup-backup:run-7';
const INPUT = {
  workflow: 'backup',
  executionArn: RUN,
  startedAt: '2026-11-23T02:00:00.123Z',
  failure: { name: 'DumpFailed', message: 'cut' },
};
const payload = (Payload: unknown): Answer => ({ give: { Payload } });
const found = (holdsLock: boolean, recorded: boolean) => payload({ holdsLock, recorded, state: '' });
const recorded = (first: boolean) =>
  payload({ first, workflow: 'backup', id: '20261123T020000Z', name: 'DumpFailed', message: 'cut', sources: [] });
const command = (CommandId: string, Status: string, Comment: string) => ({ CommandId, Status, Comment });
const down: Answer = { fail: ['Ssm.SsmException', 'the host is down'] };

/** A run that holds its lock, left two commands and was told by nobody; `tasks` replaces answers. */
async function cleanUp(
  tasks: Record<string, Answer[]> = {},
  input: Record<string, unknown> = INPUT,
): Promise<Told & { names: string[] }> {
  const commands = [
    command('ours', 'InProgress', 'run-7 database-shop'),
    command('ended', 'Success', 'run-7 inspect'),
    command('of-another-run', 'InProgress', 'run-70 database-shop'),
  ];
  const told = await play({
    machine,
    input,
    tasks: {
      [FIND]: [found(true, false)],
      [LIST]: [{ give: { Commands: commands } }],
      [CANCEL]: [{ give: {} }],
      [LOOK]: [{ give: { Status: 'Cancelling' } }, { give: { Status: 'Cancelled' } }],
      [REMOVE]: [{ give: { Output: { result: { removed: 1 } } } }],
      [RECORD]: [recorded(true)],
      [TELL]: [payload({ messageId: '1' })],
      [MARK]: [payload({ marked: 2 })],
      [RELEASE]: [payload({ released: true })],
      ...tasks,
    },
  });
  return { ...told, names: told.calls.map(({ stateName }) => stateName) };
}

let machine: Record<string, unknown>;
beforeAll(() => {
  machine = suiteMachines()('clean-up');
});

describe('after a run that went wrong', () => {
  it('its commands are ended before its scratch is removed, it is recorded and told, and its lock released', async () => {
    const { names, calls, outcome } = await cleanUp();
    expect(outcome.status).toBe('SUCCEEDED');
    expect(names).toEqual([FIND, LIST, CANCEL, LOOK, LOOK, REMOVE, RECORD, TELL, MARK, RELEASE]);
    const cancelled = calls.filter(({ stateName }) => stateName === CANCEL).map((call) => call.arguments);
    expect(cancelled).toEqual([expect.objectContaining({ CommandId: 'ours' })]);
  });

  it('it is told once, whoever comes second', async () => {
    const { names, outcome } = await cleanUp({ [RECORD]: [recorded(false)] });
    expect(outcome.status).toBe('SUCCEEDED');
    expect(names.filter((name) => name.startsWith('Tell'))).toEqual([]);
    expect(names.at(-1)).toBe(RELEASE);
  });

  it('it is recorded, cleaned up and not told when the run that it was a part of tells it', async () => {
    const { names } = await cleanUp({ [FIND]: [payload({ holdsLock: true, recorded: false, state: '', toldByParent: true })] });
    expect(names).toEqual([FIND, LIST, CANCEL, LOOK, LOOK, REMOVE, RECORD, MARK, RELEASE]);
  });

  it('nothing on the host is touched once another run may be at work there', async () => {
    const { names } = await cleanUp({ [FIND]: [found(false, false)] });
    expect(names).toEqual([FIND, RECORD, TELL, RELEASE]);
  });

  it('what a restore has touched is put back once its commands have ended, and the failure says what state things are in', async () => {
    const restoring = payload({ holdsLock: true, recorded: false, restoreId: 'r1', state: '' });
    const back = { give: { Output: { message: 'Everything is back.' } } };
    const { names, calls } = await cleanUp({ [FIND]: [restoring], [PUT_BACK]: [back] });
    expect(names).toEqual([FIND, LIST, CANCEL, LOOK, LOOK, REMOVE, PUT_BACK, RECORD, TELL, MARK, RELEASE]);
    expect(calls.find(({ stateName }) => stateName === RECORD)?.arguments).toMatchObject({
      Payload: { failure: { name: 'DumpFailed', message: 'cut Everything is back.' } },
    });
    const cannot = await cleanUp({ [FIND]: [restoring], [PUT_BACK]: [down] });
    expect(cannot.names.slice(-5)).toEqual([PUT_BACK, RECORD, TELL, MARK, RELEASE]);
  });

  it('only one clean-up puts a restore back: another waits for it, and finds nothing left', async () => {
    const busy = payload({ holdsLock: true, busy: true, recorded: false, restoreId: null, state: '' });
    const { names, outcome } = await cleanUp({ [FIND]: [busy, busy, found(false, true)] });
    expect([outcome.status, names]).toEqual(['SUCCEEDED', [FIND, FIND, FIND]]);
  });

  it('nothing is done when everything was', async () => {
    expect((await cleanUp({ [FIND]: [found(false, true)] })).names).toEqual([FIND]);
  });

  it.each([
    ['its commands cannot be listed', { [LIST]: [down] }],
    ['a command cannot be ended', { [CANCEL]: [down] }],
    ['a command cannot be looked at', { [LOOK]: [down, down, down, down] }],
    ['its scratch cannot be removed', { [REMOVE]: [down] }],
  ])('it is told and its lock released even when %s', async (_, tasks) => {
    const { names, outcome } = await cleanUp(tasks);
    expect(outcome.status).toBe('SUCCEEDED');
    expect(names.slice(-4)).toEqual([RECORD, TELL, MARK, RELEASE]);
  });

  it('its lock is released even when what it has stored cannot be marked', async () => {
    const { names, outcome } = await cleanUp({ [MARK]: [{ fail: ['Unexpected', 'no'] }] });
    expect([outcome.status, names.at(-1)]).toEqual(['SUCCEEDED', RELEASE]);
  });

  it('the machine itself tells what its agent cannot', async () => {
    const { names, calls } = await cleanUp({
      [TELL]: [{ fail: ['Unexpected', 'no agent'] }],
      [TELL_PLAINLY]: [{ give: { MessageId: '1' } }],
    });
    expect(names.slice(-3)).toEqual([TELL_PLAINLY, MARK, RELEASE]);
    expect(calls.find(({ stateName }) => stateName === TELL_PLAINLY)?.arguments).toMatchObject({
      Message: expect.stringContaining('DumpFailed: cut'),
    });
  });

  describe('where nothing can be read or written down', () => {
    const unusable: Answer = { fail: ['KeyUnusable', '{"errorMessage":"the key is disabled."}'] };
    const ended = { error: 'DumpFailed', cause: 'cut.' };
    const outside = { workflow: 'backup', executionArn: RUN, startedAt: '1795399200123', status: 'FAILED', event: ended };

    it("the run's own clean-up leaves it to the rule outside, which always comes after it", async () => {
      const { names, outcome } = await cleanUp({ [FIND]: [unusable] });
      expect([names, outcome]).toMatchObject([[FIND], { status: 'FAILED', error: 'KeyUnusable', cause: 'the key is disabled.' }]);
    });

    it.each([
      ['found out', { [FIND]: [unusable] }],
      ['recorded', { [RECORD]: [unusable] }],
    ])('the rule outside tells what it knows though nothing can be %s', async (_, tasks) => {
      const { names, calls } = await cleanUp({ ...tasks, [RELEASE]: [unusable] }, outside);
      expect(names).toContain(TELL);
      const { Payload } = calls.find(({ stateName }) => stateName === TELL)!.arguments as { Payload: { message: string } };
      expect(Payload).toMatchObject({ workflow: 'backup', executionArn: RUN, id: null, name: 'DumpFailed', sources: [] });
      expect(Payload.message).toMatch(/^cut\. Nothing could be written down about it.*KeyUnusable: the key is disabled\.$/);
    });
  });

  it.each([
    ['a name of the table and its cause', { error: 'DumpFailed', cause: 'cut' }, { name: 'DumpFailed', message: 'cut' }],
    ["a name of Step Functions' own", { error: 'States.Runtime', cause: 'no' }, { name: 'Unexpected', message: 'no' }],
    ['nothing', { error: null, cause: null }, { name: 'Unexpected', message: 'The execution ended as FAILED.' }],
    ['not even that', {}, { name: 'Unexpected', message: 'The execution ended as FAILED.' }],
  ])('the rule outside records a failure of which the event says %s', async (_, event, failure) => {
    const { calls } = await cleanUp(
      {},
      { workflow: 'backup', executionArn: RUN, startedAt: '1795399200123', status: 'FAILED', event },
    );
    expect(calls.find(({ stateName }) => stateName === RECORD)?.arguments).toMatchObject({ Payload: { failure } });
  });

  it('what the rule outside knows is enough: milliseconds and a status', async () => {
    const { calls } = await cleanUp(
      {},
      { workflow: 'backup', executionArn: RUN, startedAt: '1795399200123', status: 'TIMED_OUT', event: {} },
    );
    expect(calls.find(({ stateName }) => stateName === RECORD)?.arguments).toMatchObject({
      Payload: { startedAt: expect.stringContaining('2026-11-23T02:00:00.123Z'), failure: { name: 'WorkflowTimedOut' } },
    });
  });
});
