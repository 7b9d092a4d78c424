import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// Each test starts processes, and some synthesize: 5 s alone, half a minute beside other work on two cores.
vi.setConfig({ testTimeout: 180_000 });

const PROJECT = resolve(import.meta.dirname, '../..');
const NODE_FOLDER = dirname(process.execPath);

// A copy of the project: its folders can be moved away, and nobody edits it while a test looks at times of files.
const folder = mkdtempSync(join(tmpdir(), 'suite-backup-launcher-'));
const project = join(folder, 'project');
const SUITE = { name: 'sample', sources: { volumes: [{ name: 'uploads', volume: 'uploads' }] } };
const HOST = { schema: 'suite-backup.host.v1', containers: {}, volumes: { uploads: join(folder, 'volume') } };

interface Call {
  cwd?: string;
  path?: string;
  /** Called with each piece of stderr. */
  watch?: (text: string, interrupt: () => void) => void;
}

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  json: {
    schema: string;
    exitCode: number;
    error: null | { name: string; message: string; hint: string; problems: { path: string }[] };
  };
}

function suiteBackup(words: string[], { cwd = folder, path = process.env.PATH!, watch }: Call = {}): Promise<Ended> {
  return new Promise((done, failed) => {
    const env = { ...process.env, PATH: path };
    const child = spawn(process.execPath, [join(project, 'bin/suite-backup.mjs'), ...words], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
      watch?.(text, () => child.kill('SIGINT'));
    });
    child.once('error', failed);
    child.once('close', (exitCode) => {
      done({
        exitCode,
        stdout,
        stderr,
        get json() {
          return JSON.parse(stdout);
        },
      });
    });
  });
}

const file = (name: string, content: unknown): string => {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return name;
};
const local = (home: string, ...words: string[]) => [
  '--local',
  '--home',
  home,
  '--suite',
  'suite.json',
  '--host',
  'host.json',
  ...words,
];
/** A home with everything made already, so that a test need not wait for a synthesis. */
const madeHome = (name: string): string => {
  cpSync(join(folder, 'home'), join(folder, name), { recursive: true, preserveTimestamps: true });
  return name;
};

beforeAll(async () => {
  mkdirSync(project);
  for (const part of ['bin', 'lib', 'functions', 'package.json', 'package-lock.json']) {
    cpSync(join(PROJECT, part), join(project, part), { recursive: true });
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
  mkdirSync(join(folder, 'volume'));
  file('suite.json', SUITE);
  file('host.json', HOST);
  // Two at once on a new home: the first test looks at what they said.
  first = await Promise.all([1, 2].map(() => suiteBackup(['list', ...local('home', '--json')])));
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

let first: Ended[];

test('of two commands that start at once on a new home one synthesizes, and both answer', () => {
  expect(first.map(({ exitCode, stderr }) => ({ exitCode, synthesized: /synthesizing/.test(stderr) }))).toEqual(
    expect.arrayContaining([
      { exitCode: 0, synthesized: true },
      { exitCode: 0, synthesized: false },
    ]),
  );
});

test('an assembly that was edited by hand stays, and one whose suite changed is made anew', async () => {
  const home = madeHome('edited');
  const tree = join(folder, home, 'cdk.out/tree.json');
  writeFileSync(tree, '{}');
  expect((await suiteBackup(['list', ...local(home)])).stderr).not.toContain('synthesizing');
  expect(readFileSync(tree, 'utf8')).toBe('{}');
  const other = file('other.json', { ...SUITE, timeZone: 'Europe/Madrid' });
  const changed = await suiteBackup(['status', '--local', '--home', home, '--suite', other, '--host', 'host.json', '--json']);
  expect(changed.stderr).toContain('synthesizing');
  expect(changed.json).toMatchObject({ schedules: [{ timeZone: 'Europe/Madrid' }, { timeZone: 'Europe/Madrid' }] });
});

test('without functions/ the artifacts of an earlier run are enough, and a new suite is refused', async () => {
  const home = madeHome('artifacts');
  renameSync(join(project, 'functions'), join(project, 'functions.away'));
  try {
    const stayed = await suiteBackup(['status', ...local(home, '--json')]);
    expect([stayed.exitCode, stayed.stderr]).toEqual([0, expect.not.stringContaining('synthesizing')]);
    const other = file('another.json', { ...SUITE, name: 'another' });
    const refused = await suiteBackup(['list', '--local', '--home', home, '--suite', other, '--host', 'host.json', '--json']);
    expect(refused.json).toMatchObject({
      exitCode: 2,
      error: { name: 'UsageInvalid', message: expect.stringContaining('functions/') },
    });
    const nothing = await suiteBackup(['list', ...local('never', '--json')]);
    expect(nothing.json).toMatchObject({ exitCode: 2, error: { message: expect.stringContaining('functions/') } });
  } finally {
    renameSync(join(project, 'functions.away'), join(project, 'functions'));
  }
});

test('every problem of a suite file is told at once, with its path', async () => {
  file('wrong.json', { name: 'Not A Name', colour: 'red', sources: {} });
  const { exitCode, json } = await suiteBackup(['backup', '--local', '--home', 'wrong', '--suite', 'wrong.json', '--json']);
  expect([exitCode, json.error?.name]).toEqual([2, 'SuiteInvalid']);
  expect(json.error?.problems.map(({ path }) => path)).toEqual(expect.arrayContaining(['name', 'colour', 'sources']));
  expect(json).toMatchObject({
    schema: 'suite-backup.backup.v1',
    outcome: 'failed',
    point: null,
    executionArn: null,
    warnings: [],
  });
});

test('without a Docker engine the command says how to get one', async () => {
  const home = madeHome('nohost');
  const { exitCode, json } = await suiteBackup(['list', '--local', '--home', home, '--suite', 'suite.json', '--json'], {
    path: NODE_FOLDER,
  });
  expect([exitCode, json.error?.name]).toEqual([2, 'NoHost']);
  expect(json.error?.message).toContain('apt-get install -y docker.io');
});

test('a host.json in the home is used without being named', async () => {
  const home = madeHome('declared');
  cpSync(join(folder, 'host.json'), join(folder, home, 'host.json'));
  const { exitCode } = await suiteBackup(['list', '--local', '--home', home, '--suite', 'suite.json'], {
    path: `${NODE_FOLDER}:/usr/bin:/bin`,
  });
  expect(exitCode).toBe(0);
});

test('every problem of a host file is told at once', async () => {
  const home = madeHome('wrong-host');
  file('wrong-host.json', { schema: 'suite-backup.host.v1', containers: { db: { running: 'yes', colour: 'red' } } });
  const words = ['list', '--local', '--home', home, '--suite', 'suite.json', '--host', 'wrong-host.json', '--json'];
  const { exitCode, json } = await suiteBackup(words);
  expect([exitCode, json.error?.name]).toEqual([2, 'HostInvalid']);
  expect(json.error?.problems.length).toBeGreaterThan(1);
});

test('an interruption while synthesizing ends with 130 and the document', async () => {
  const { exitCode, json } = await suiteBackup(['backup', ...local('interrupted', '--json')], {
    watch: (text, interrupt) => {
      if (text.includes('synthesizing')) interrupt();
    },
  });
  expect([exitCode, json.error?.name]).toEqual([130, 'Interrupted']);
  expect(existsSync(join(folder, 'interrupted/cdk.out'))).toBe(false);
});

test('relative paths are those of the caller', async () => {
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  madeHome('elsewhere/.suite-backup');
  const { exitCode } = await suiteBackup(['list', '--local', '--suite', '../suite.json', '--host', '../host.json'], {
    cwd: elsewhere,
  });
  expect(exitCode).toBe(0);
});

test('help, version and wrong words need no folder', async () => {
  const nowhere = mkdtempSync(join(folder, 'nowhere-'));
  expect((await suiteBackup(['--help'], { cwd: nowhere })).stdout).toContain('Usage: suite-backup');
  expect((await suiteBackup(['--version'], { cwd: nowhere })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await suiteBackup([], { cwd: nowhere })).exitCode).toBe(2);
  const { exitCode, json } = await suiteBackup(['frobnicate', '--json'], { cwd: nowhere });
  expect([exitCode, json.schema, json.error?.name]).toEqual([2, 'suite-backup.usage.v1', 'UsageInvalid']);
  expect(existsSync(join(nowhere, '.suite-backup'))).toBe(false);
});
