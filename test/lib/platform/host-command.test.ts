import { beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../../functions/contract/errors.ts';
import { readResult } from '../../../functions/runtime/read-result.ts';
import { HostCommand } from '../../../lib/platform/host-command.ts';
import { type Answer, play, type Told } from '../local-engine/states/scripted-run.ts';
import { definitionOf, stack, templateOf } from './stack.ts';

const ASK = 'Ask whether the host is online';
const SEND = 'Send the command';
const LOOK = 'Look at the command';
const READ = 'Read what the command said';
const CANCEL = 'Cancel the command';

const INPUT = {
  document: 'remove-scratch',
  parameters: { bucket: 'vault', label: 'x y' },
  timeoutSeconds: 600,
  comment: 'c'.repeat(150),
  step: 'Remove the scratch',
};
const ONLINE: Answer = { give: { InstanceInformationList: [{ PingStatus: 'Online', AgentVersion: '3.3.2746.0' }] } };
const SENT: Answer = { give: { Command: { CommandId: 'command-1' } } };
const invocation = (Status: string, more: Record<string, unknown> = {}): Answer => ({
  give: { Status, StatusDetails: Status, ResponseCode: -1, ExecutionStartDateTime: '2030-01-01T00:00:01Z', ...more },
});
const RUNNING = invocation('InProgress');
const SUCCESS = invocation('Success', { ResponseCode: 0, StandardOutputContent: '{"removed":2}\n' });
const RESULT: Answer = { give: { Payload: { removed: 2 } } };
const lambdaError = (name: string, message: string): Answer => ({
  fail: [name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] })],
});

let machine: Record<string, unknown>;
beforeAll(() => {
  const scope = stack();
  new HostCommand(scope, 'HostCommand', { suite: 'shop', instanceId: 'i-0123456789abcdef0' });
  machine = definitionOf(templateOf(scope), 'shop-backup-host-command');
});

function command(tasks: Record<string, Answer[]>): Promise<Told> {
  return play({ machine, input: INPUT, tasks });
}

function callsOf(told: Told, state: string): Record<string, unknown>[] {
  return told.calls.filter(({ stateName }) => stateName === state).map((call) => call.arguments as Record<string, unknown>);
}

describe('a command that ends well', () => {
  it('gives the result that the agent read, and the id of the command', async () => {
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [SUCCESS], [READ]: [RESULT] });
    expect(told.outcome).toMatchObject({ status: 'SUCCEEDED', output: { result: { removed: 2 }, commandId: 'command-1' } });
  });

  it('is sent with a name for the attempt, its time, a comment that SSM takes and a log', async () => {
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [SUCCESS], [READ]: [RESULT] });
    expect(callsOf(told, SEND)).toEqual([
      {
        DocumentName: 'shop-backup-remove-scratch',
        InstanceIds: ['i-0123456789abcdef0'],
        Comment: 'c'.repeat(100),
        TimeoutSeconds: 120,
        Parameters: {
          bucket: ['vault'],
          label: ['x y'],
          attempt: [expect.stringMatching(/^[a-z0-9]{8}$/)],
          executionTimeout: ['600'],
        },
        CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: expect.stringContaining('HostLog') },
      },
    ]);
  });

  it('is sent with no parameters but its own when the document declares none', async () => {
    const tasks = { [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [SUCCESS], [READ]: [RESULT] };
    const told = await play({ machine, input: { ...INPUT, parameters: {} }, tasks });
    expect(Object.keys(callsOf(told, SEND)[0]!.Parameters as object)).toEqual(['attempt', 'executionTimeout']);
  });

  it.each([
    [10, 10],
    // A second each until 20 s have passed, then a tenth of the time so far.
    [30, 46],
    // An hour later a minute each.
    [120, 4325],
  ])('is looked at at once, then after pauses of a tenth of its time: %i pauses are %i s', async (count, seconds) => {
    const looks = [...Array.from({ length: count }, () => RUNNING), SUCCESS];
    const tasks = { [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: looks, [READ]: [RESULT] };
    const told = await play({ machine, input: { ...INPUT, timeoutSeconds: 86_400 }, tasks });
    expect(told.outcome).toMatchObject({ status: 'SUCCEEDED' });
    expect(told.clock.elapsed).toBe(seconds);
  });

  it('is looked at again when SSM does not know it yet', async () => {
    const notYet: Answer = { fail: ['Ssm.InvocationDoesNotExistException', 'not yet'] };
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [notYet, notYet, SUCCESS], [READ]: [RESULT] });
    expect(told.outcome).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('costs nine events a look: half of what an execution may have when it is looked at for a day', async () => {
    const eventsOf = async (count: number) => {
      const looks = [...Array.from({ length: count }, () => RUNNING), SUCCESS];
      return (await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: looks, [READ]: [RESULT] })).events.length;
    };
    expect((await eventsOf(9)) - (await eventsOf(8))).toBe(9);
  });
});

describe('a host that cannot take a command', () => {
  it.each([
    ['that SSM does not know', [], 'HostUnreachable'],
    ['whose agent lost the connection', [{ PingStatus: 'ConnectionLost', AgentVersion: '3.3.2746.0' }], 'HostUnreachable'],
    ['whose agent is too old', [{ PingStatus: 'Online', AgentVersion: '3.3.999.0' }], 'AgentTooOld'],
    ['whose agent is a major version too old', [{ PingStatus: 'Online', AgentVersion: '2.9999.9999.9999' }], 'AgentTooOld'],
  ])('is never sent one: %s', async (_, InstanceInformationList, name) => {
    const answer: Answer = { give: { InstanceInformationList } };
    const told = await command({ [ASK]: [answer, answer, answer] });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: name });
    expect(callsOf(told, SEND)).toEqual([]);
  });

  it.each(['3.3.2746.0', '3.3.10000.0', '3.10.0.0', '4.0.0.0', '3.3.2747'])(
    'is not one whose agent is %s',
    async (AgentVersion) => {
      const answer: Answer = { give: { InstanceInformationList: [{ PingStatus: 'Online', AgentVersion }] } };
      const told = await command({ [ASK]: [answer], [SEND]: [SENT], [LOOK]: [SUCCESS], [READ]: [RESULT] });
      expect(told.outcome).toMatchObject({ status: 'SUCCEEDED' });
    },
  );

  it('is asked twice more, since it may come back', async () => {
    const gone: Answer = { give: { InstanceInformationList: [] } };
    const told = await command({ [ASK]: [gone, gone, ONLINE], [SEND]: [SENT], [LOOK]: [SUCCESS], [READ]: [RESULT] });
    expect(told.outcome).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a command that is not delivered or outlives its time', () => {
  it.each([
    ['Pending', invocation('Pending', { ExecutionStartDateTime: '' })],
    ['Delayed', invocation('Delayed')],
    ['InProgress but never started', invocation('InProgress', { ExecutionStartDateTime: '' })],
  ])('is cancelled and sent anew under another name, then given up: %s', async (_, answer) => {
    const told = await command({
      [ASK]: [ONLINE, ONLINE, ONLINE],
      [SEND]: [SENT, SENT, SENT],
      [LOOK]: Array.from({ length: 200 }, () => answer),
      [CANCEL]: [{ give: {} }, { give: {} }, { give: {} }],
    });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'CommandUndeliverable' });
    expect(callsOf(told, CANCEL)).toHaveLength(3);
    const attempts = callsOf(told, SEND).map((sent) => (sent.Parameters as { attempt: string[] }).attempt[0]);
    expect(new Set(attempts).size).toBe(3);
  });

  it('is cancelled when SSM itself does not end it', async () => {
    const told = await command({
      [ASK]: [ONLINE],
      [SEND]: [SENT],
      [LOOK]: Array.from({ length: 200 }, () => RUNNING),
      [CANCEL]: [{ give: {} }],
    });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'CommandTimedOut' });
    expect(callsOf(told, CANCEL)).toEqual([{ CommandId: 'command-1', InstanceIds: ['i-0123456789abcdef0'] }]);
    expect(told.clock.elapsed).toBeGreaterThan(600 + 240);
  });

  it('keeps the name of its failure when it cannot be cancelled either', async () => {
    const told = await command({
      [ASK]: [ONLINE],
      [SEND]: [SENT],
      [LOOK]: Array.from({ length: 200 }, () => RUNNING),
      [CANCEL]: [{ fail: ['Ssm.InvalidCommandIdException', 'gone'] }],
    });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'CommandTimedOut' });
  });
});

describe('a command that fails', () => {
  it('fails with the name and message that the agent found', async () => {
    const failed = lambdaError('DumpFailed', 'pg_dump: error: out of memory');
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [invocation('Failed')], [READ]: [failed] });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'DumpFailed', cause: 'pg_dump: error: out of memory' });
    expect(callsOf(told, SEND)).toHaveLength(1);
  });

  it('is repeated twice, each time under a new name, when the table says that it can heal', async () => {
    const failed = lambdaError('DownloadFailed', 'reset by peer');
    const three = <T>(one: T) => [one, one, one];
    const told = await command({
      [ASK]: three(ONLINE),
      [SEND]: three(SENT),
      [LOOK]: three(invocation('Failed')),
      [READ]: three(failed),
    });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'DownloadFailed' });
    expect(callsOf(told, SEND)).toHaveLength(3);
  });

  it('carries the name of an unknown error into the message of Unexpected', async () => {
    const crashed: Answer = { fail: ['Runtime.ExitError', 'RequestId: 1 Error: Runtime exited'] };
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [SUCCESS], [READ]: [crashed] });
    expect(told.outcome).toMatchObject({
      status: 'FAILED',
      error: 'Unexpected',
      cause: 'Runtime.ExitError: RequestId: 1 Error: Runtime exited',
    });
  });

  it('is named CommandUndeliverable when SSM does not take it', async () => {
    const refused: Answer = { fail: ['Ssm.InvalidInstanceIdException', 'not in a valid state'] };
    const told = await command({ [ASK]: [ONLINE, ONLINE, ONLINE], [SEND]: [refused, refused, refused] });
    expect(told.outcome).toMatchObject({
      error: 'CommandUndeliverable',
      cause: 'Ssm.InvalidInstanceIdException: not in a valid state',
    });
  });

  it('is cancelled when it can no longer be looked at', async () => {
    const broken: Answer = { fail: ['Ssm.InvalidInstanceIdException', 'gone'] };
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [broken], [CANCEL]: [{ give: {} }] });
    expect(told.outcome).toMatchObject({ status: 'FAILED', error: 'Unexpected' });
    expect(callsOf(told, CANCEL)).toHaveLength(1);
  });
});

describe('what the agent is given', () => {
  it.each(['Success', 'Failed', 'TimedOut', 'Cancelled'])('is a %s that it can judge', async (status) => {
    const answer = invocation(status, {
      StatusDetails: status,
      StandardOutputContent: '{"removed":2}',
      StandardErrorContent: 'log',
    });
    const told = await command({ [ASK]: [ONLINE], [SEND]: [SENT], [LOOK]: [answer], [READ]: [RESULT] });
    const { Payload } = callsOf(told, READ)[0] as { Payload: Parameters<typeof readResult>[0] };
    const judged = () => readResult(Payload);
    if (status === 'Success') expect(judged()).toEqual({ removed: 2 });
    else expect(judged).toThrow();
  });
});

describe('a step of another machine', () => {
  it('gives a document exactly its parameters, or is refused when it is made', () => {
    const scope = stack();
    const hostCommand = new HostCommand(scope, 'HostCommand', { suite: 'shop', instanceId: 'i-0123456789abcdef0' });
    const document = hostCommand.document(scope, 'remove-scratch', {
      script: 'functions/verify/remove-scratch.sh',
      parameters: { proof: { description: 'Proof', pattern: '^[a-z]+$' } },
      timeoutSeconds: 60,
    });
    const step = (parameters: Record<string, string>) => () =>
      hostCommand.step(scope, `Step ${Object.keys(parameters)}`, { document, parameters, name: 'n', comment: 'c' });
    expect(step({})).toThrow(/missing proof/);
    expect(step({ proof: 'a', extra: 'b' })).toThrow(/unknown extra/);
    expect(step({ proof: 'a' })).not.toThrow();
  });

  it('knows that the errors which it repeats are those of the table', () => {
    const healing = Object.entries(ERRORS).filter(([, entry]) => 'retry' in entry);
    expect(healing.map(([name]) => name)).toEqual(['HostUnreachable', 'CommandUndeliverable', 'DownloadFailed']);
  });
});
