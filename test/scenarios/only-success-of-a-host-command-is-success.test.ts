import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { CancelCommandCommand, ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { engineOf } from '../support/engine-client.ts';
import { createHost } from '../support/host.ts';
import type { RunningCommand } from '../support/running-command.ts';
import type { TestHost } from '../support/test-host.ts';
import { until } from '../support/until.ts';

// The machine is the synthesized one; only what the document does is written here. Its parameter says which of these it is to be.
const BEHAVIOUR = `case $SSM_suite in
  well) echo '{"removed":2}' ;;
  silent) ;;
  garbled) echo hello ;;
  talkative) printf '%s\\n' '{"removed":2}' '{"removed":2}' ;;
  strange) echo '{"removed":"all"}' ;;
  endless) printf '{"removed":%030000d}\\n' 2 ;;
  full) echo '{"error":{"name":"DiskFull","message":"The scratch area is full."}}'; exit 89 ;;
  unknown) echo 'what a pity' >&2; exit 17 ;;
  lying) echo '{"removed":2}'; exit 1 ;;
  killed) kill -KILL $$ ;;
  slow | cancelled) exec sleep 1000 ;;
esac`;

let host: TestHost;
let suite: Suite;
let edited: EditedAssembly;
let engine: RunningCommand<'local'>;
let machines: SFNClient;
let commands: SSMClient;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  // No schedules: the engine of a test must start nothing by itself.
  const sources = { volumes: [{ name: 'uploads', volume: uploads.name }] };
  suite = await createSuite({ host, suite: { sources, schedules: {} } });
  await suite.run('list');
  edited = new EditedAssembly(suite.home, suite.name);
  await edited.document('remove-scratch', () => BEHAVIOUR);
  // What is repeated is repeated at once.
  await edited.machine('host-command', (definition) => definition.replaceAll('5 * ($retries + 1)', '0 * ($retries + 1)'));
});
afterAll(() => host.remove());

async function startEngine(): Promise<void> {
  engine = await suite.start('local');
  await engine.waitForLine(/the engine of \S+ runs/);
  const client = await engineOf(suite.home);
  machines = new SFNClient(client);
  commands = new SSMClient(client);
}

beforeEach(startEngine);
afterEach(async () => {
  machines.destroy();
  commands.destroy();
  engine.signal('SIGINT');
  expect((await engine.done).exitCode).toBe(130);
  expect(await host.leftovers()).toEqual([]);
});

/** The account of the suite's own engine. */
const account = () => readFileSync(join(suite.home, 'account'), 'utf8').trim();

async function start(behaviour: string, { document = 'remove-scratch', timeoutSeconds = 300 } = {}): Promise<string> {
  const { executionArn } = await machines.send(
    new StartExecutionCommand({
      stateMachineArn: `arn:aws:states:us-east-1:${account()}:stateMachine:${suite.name}-backup-host-command`,
      input: JSON.stringify({
        document,
        parameters: { suite: behaviour, account: account() },
        timeoutSeconds,
        comment: `${behaviour} test`,
        step: behaviour,
      }),
    }),
  );
  return executionArn!;
}

/** Output, or `error: cause`. */
async function endOf(executionArn: string): Promise<unknown> {
  return until(
    async () => {
      const { status, output, error, cause } = await machines.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'RUNNING') return false;
      return status === 'SUCCEEDED' ? (JSON.parse(output!) as unknown) : `${status} ${error}: ${cause}`;
    },
    120_000,
    `${executionArn} ends`,
  );
}

describe('a command', () => {
  const ends: [string, string | RegExp][] = [
    ['silent', /^FAILED ResultMissing: remove-scratch ended with Success but said nothing/],
    ['garbled', /^FAILED ResultInvalid: remove-scratch said what its schema does not allow/],
    ['talkative', /^FAILED ResultInvalid: remove-scratch said 2 lines instead of one/],
    ['strange', /^FAILED ResultInvalid: .*expected number, received string/],
    ['endless', /^FAILED ResultInvalid/],
    ['full', 'FAILED DiskFull: The scratch area is full.'],
    ['unknown', /^FAILED CommandFailed: remove-scratch ended with status 17\. what a pity/],
    ['lying', /^FAILED CommandFailed: remove-scratch ended with status 1\./],
    ['killed', /^FAILED CommandFailed: remove-scratch ended with status 137\./],
  ];

  it('that ends well and says what its schema allows succeeds; every other end has its name', async () => {
    const started = new Map<string, string>();
    for (const behaviour of ['well', ...ends.map(([name]) => name)]) started.set(behaviour, await start(behaviour));
    expect(await endOf(started.get('well')!)).toMatchObject({ result: { removed: 2 } });
    for (const [behaviour, expected] of ends) {
      const end = await endOf(started.get(behaviour)!);
      expect([behaviour, end]).toEqual([behaviour, typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
    }
  });

  it('that is cancelled, runs out of time or is refused has its name, and nothing of it is left', async () => {
    const cancelled = await start('cancelled');
    const slow = await start('slow', { timeoutSeconds: 10 });
    const refused = await start('well', { document: 'capture-volume' });
    const command = await until(
      async () => {
        const { Commands = [] } = await commands.send(new ListCommandsCommand({}));
        return Commands.find(({ Comment, Status }) => Comment === 'cancelled test' && Status === 'InProgress');
      },
      20_000,
      'the command runs',
    );
    await commands.send(new CancelCommandCommand({ CommandId: command.CommandId }));
    expect(await endOf(cancelled)).toMatch(/^FAILED CommandCancelled: remove-scratch ended with Cancelled/);
    expect(await endOf(slow)).toMatch(/^FAILED CommandTimedOut: remove-scratch ended with /);
    // Its parameters are not those of the document: SSM does not take it, and says so three times.
    expect(await endOf(refused)).toMatch(/^FAILED CommandUndeliverable: Ssm\.Invalid\w+/);
  });
});

describe('a host', () => {
  beforeAll(() =>
    edited.machine('host-command', (definition) =>
      definition.replaceAll('"Values":["i-00000000000000000"]', '"Values":["i-11111111111111111"]'),
    ),
  );

  it('that Systems Manager does not know is unreachable', async () => {
    expect(await endOf(await start('well'))).toBe('FAILED HostUnreachable: Systems Manager does not know i-00000000000000000.');
  });
});
