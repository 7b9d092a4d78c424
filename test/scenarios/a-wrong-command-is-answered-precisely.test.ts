import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import { RunningCommand } from '../support/running-command.ts';
import type { TestHost } from '../support/test-host.ts';

let host: TestHost;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
});
afterAll(() => host.remove());

const asTyped = (...words: string[]) => new RunningCommand<'backup'>(words, host.environment).done;

describe('what the command does not know', () => {
  const wrong: [string, string[], RegExp][] = [
    ['a verb', ['frobnicate', '--json'], /unknown command 'frobnicate'/],
    ['a flag', ['backup', '--local', '--fast', '--json'], /unknown option '--fast'/],
    ['a flag of another verb', ['list', '--local', '--tier', 'daily', '--json'], /unknown option '--tier'/],
    ['a value', ['backup', '--local', '--tier', 'hourly', '--json'], /'hourly' is invalid.*daily/],
    [
      'a time without its zone',
      ['backup', '--local', '--scheduled-for', '2026-11-23T02:00', '--json'],
      /A time such as 2026-11-23T02:00:00Z/,
    ],
    ['a word too many', ['backup', 'everything', '--local', '--json'], /too many arguments/],
    ['a flag that means nothing here', ['backup', '--stack', 'x', '--local', '--json'], /--stack means nothing with --local/],
  ];
  it.each(wrong)('%s ends with 2 and is named', async (_, words, message) => {
    const { exitCode, json, stderr } = await asTyped(...words);
    expect([exitCode, json.ok, json.exitCode, json.error?.name]).toEqual([2, false, 2, 'UsageInvalid']);
    expect(json.error!.message).toMatch(message);
    expect(json.error!.hint).toContain('--help');
    expect(stderr).toBe('');
  });
});

it('a suite file with five mistakes is answered with all five, each with its path and value', async () => {
  const file = join(host.workspace, 'broken.json');
  const broken = {
    name: 'My Suite',
    colour: 'red',
    timeZone: 'Mars/Olympus',
    sources: {
      databases: [{ name: 'shop', container: 'db', fingerprint: 'md5' }],
      paths: [{ name: 'x', container: 'app', path: 'exports' }],
    },
  };
  await writeFile(file, JSON.stringify(broken));
  const { exitCode, json } = await asTyped(
    'backup',
    '--local',
    '--suite',
    file,
    '--home',
    join(host.workspace, 'home'),
    ...host.cliArgs,
    '--json',
  );
  expect([exitCode, json.error?.name]).toEqual([2, 'SuiteInvalid']);
  expect(json).toMatchObject({ outcome: 'failed', point: null });
  expect(json.error!.message).toContain(file);
  const found = json.error!.problems.map(({ path, value }) => [path, value]);
  expect(found.toSorted()).toEqual([
    ['colour', 'red'],
    ['name', 'My Suite'],
    ['sources.databases[0].fingerprint', 'md5'],
    ['sources.paths[0].path', 'exports'],
    ['timeZone', 'Mars/Olympus'],
  ]);
});

it('without a host the command says how to get one', async () => {
  await suite.run('list');
  const { exitCode, json } = await new RunningCommand<'list'>(
    ['list', '--local', '--suite', suite.file, '--home', suite.home, '--json'],
    { ...host.environment, PATH: host.workspace },
  ).done;
  expect([exitCode, json.error?.name, json.points]).toEqual([2, 'NoHost', []]);
  expect(json.error!.message).toContain('apt-get install -y docker.io');
});

it('an id that does not exist is not found, whatever is wanted of it', async () => {
  for (const [verb, id] of [
    ['show', '20200101T000000Z'],
    ['verify', '20200101T000000Z'],
    ['show', 'latest'],
    ['verify', 'yesterday'],
  ] as const) {
    const { exitCode, json } = await suite.run(verb, id);
    expect([verb, id, exitCode, json.error?.name, json.point]).toEqual([verb, id, 4, 'NotFound', null]);
    expect(json.error!.message).toMatch(id === 'latest' ? /no recovery point yet/ : new RegExp(id));
    expect(json.error!.hint).toContain('suite-backup list');
  }
  expect(await host.leftovers()).toEqual([]);
});
