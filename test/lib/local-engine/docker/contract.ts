import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

/** What the contract is checked against: a `docker` (the real one or the stand-in) on a host that has at least these things. */
export interface Subject {
  /** The `docker` program. */
  docker: string;
  /** The environment it is called with. */
  environment: Record<string, string>;
  /** A running container with the labels `contract.role=main` and `contract.part=one`, and the variable `GREETING=hello world`. */
  container: string;
  /** A container that does not run. */
  stopped: string;
  /** The image of both, with a tag. It has bash, coreutils, grep and the user postgres. */
  image: string;
  /** A volume with the label `contract.kind=data`. */
  volume: string;
  /** A folder that is to be found at the same path on the host and in the container. */
  folder: string;
}

export interface Answer {
  exit: number | string;
  stdout: string;
  stderr: string;
}

interface Call {
  promise: string;
  args: (subject: Subject) => string[];
  stdin?: string;
  /** Exit codes that are right: versions of Docker differ in some. */
  exit: number[];
  stdout?: (subject: Subject) => string | RegExp;
  stderr?: RegExp;
  /** Looked for in both streams: Docker writes some errors of `exec` to stdout. */
  either?: RegExp;
}

const inspect = (template: string) => (s: Subject) => ['inspect', '--type', 'container', '--format', template, s.container];
const shell =
  (script: string, ...flags: string[]) =>
  (s: Subject) => ['exec', ...flags, s.container, 'bash', '-c', script];

/** Calls that answer at once. */
export const calls: Call[] = [
  {
    promise: 'tells the version of the server',
    args: () => ['version', '--format', '{{.Server.Version}}'],
    exit: [0],
    stdout: () => /^\S+\n$/,
  },
  {
    promise: 'refuses a template that is not closed',
    args: () => ['version', '--format', '{{.Server'],
    exit: [64],
    stderr: /template parsing error/,
  },

  {
    promise: 'tells whether a container runs',
    args: inspect('{{.State.Running}} {{.State.Status}}'),
    exit: [0],
    stdout: () => 'true running\n',
  },
  {
    promise: 'tells that a stopped one does not',
    args: (s) => ['inspect', '--type', 'container', '--format', '{{.State.Running}} {{.State.Status}} {{.State.Pid}}', s.stopped],
    exit: [0],
    stdout: () => 'false exited 0\n',
  },
  {
    promise: 'writes the name of a container with a slash',
    args: inspect('{{.Name}}'),
    exit: [0],
    stdout: (s) => `/${s.container}\n`,
  },
  {
    promise: 'has an id of 64 digits and one of the image',
    args: inspect('{{.Id}} {{.Image}}'),
    exit: [0],
    stdout: () => /^[0-9a-f]{64} sha256:[0-9a-f]{64}\n$/,
  },
  { promise: 'knows the image as it was named', args: inspect('{{.Config.Image}}'), exit: [0], stdout: (s) => `${s.image}\n` },
  {
    promise: 'gives labels as JSON',
    args: inspect('{{json .Config.Labels}}'),
    exit: [0],
    stdout: () => /"contract\.part":"one","contract\.role":"main"/,
  },
  {
    promise: 'ranges over the variables',
    args: inspect('{{range .Config.Env}}{{println .}}{{end}}'),
    exit: [0],
    stdout: () => /^GREETING=hello world$/m,
  },
  { promise: 'gives mounts as JSON', args: inspect('{{json .Mounts}}'), exit: [0], stdout: () => /^\[.*"Source":"\/.*\]\n$/ },
  {
    promise: 'has no value for a label that is not there',
    args: inspect('{{.Config.Labels.nope}}'),
    exit: [0],
    stdout: () => '<no value>\n',
  },
  {
    promise: 'names a field that does not exist',
    args: inspect('{{.State.Nope}}'),
    exit: [1],
    stderr: /map has no entry for key "Nope"/,
  },
  {
    promise: 'refuses a function that does not exist',
    args: inspect('{{nope .State}}'),
    exit: [64],
    stderr: /template parsing error.*nope/,
  },
  {
    promise: 'says that a container does not exist',
    args: () => ['inspect', '--type', 'container', '--format', '{{.Id}}', 'nope'],
    exit: [1],
    stderr: /No such container: nope/,
  },

  {
    promise: 'inspects an image',
    args: (s) => ['image', 'inspect', '--format', '{{.Id}} {{json .RepoTags}}', s.image],
    exit: [0],
    stdout: (s) => new RegExp(`^sha256:[0-9a-f]{64} \\["${s.image}"\\]\\n$`),
  },
  {
    promise: 'says that an image does not exist',
    args: () => ['image', 'inspect', '--format', '{{.Id}}', 'nope:1'],
    exit: [1],
    stderr: /No such image: nope:1/,
  },
  {
    promise: 'inspects a volume',
    args: (s) => ['volume', 'inspect', '--format', '{{.Name}} {{.Driver}} {{.Mountpoint}} {{json .Labels}}', s.volume],
    exit: [0],
    stdout: (s) => new RegExp(`^${s.volume} local /\\S+ {"contract\\.kind":"data"}\\n$`),
  },
  {
    promise: 'says that a volume does not exist',
    args: () => ['volume', 'inspect', '--format', '{{.Name}}', 'nope'],
    exit: [1],
    stderr: /get nope: no such volume/,
  },
  {
    promise: 'lists volumes by label and value',
    args: () => ['volume', 'ls', '--quiet', '--filter', 'label=contract.kind=data'],
    exit: [0],
    stdout: (s) => `${s.volume}\n`,
  },
  {
    promise: 'lists no volume of another value',
    args: () => ['volume', 'ls', '--quiet', '--filter', 'label=contract.kind=other'],
    exit: [0],
    stdout: () => '',
  },
  {
    promise: 'lists containers that have all the labels',
    args: () => [
      'ps',
      '--all',
      '--quiet',
      '--no-trunc',
      '--filter',
      'label=contract.role=main',
      '--filter',
      'label=contract.part',
    ],
    exit: [0],
    stdout: () => /^[0-9a-f]{64}\n$/,
  },
  {
    promise: 'lists none that has only one of them',
    args: () => [
      'ps',
      '--all',
      '--quiet',
      '--no-trunc',
      '--filter',
      'label=contract.role=main',
      '--filter',
      'label=contract.part=two',
    ],
    exit: [0],
    stdout: () => '',
  },
  {
    promise: 'takes it lightly when there is nothing to remove',
    args: () => ['rm', '--force', '--volumes', 'nope'],
    exit: [0, 1],
    stderr: /No such container: nope/,
  },

  { promise: 'passes the exit code on', args: shell('exit 7'), exit: [7] },
  { promise: 'tells of a process that TERM ended', args: shell('kill -TERM $$'), exit: [143] },
  { promise: 'tells of a process that KILL ended', args: shell('kill -KILL $$'), exit: [137] },
  {
    promise: 'passes both streams on',
    args: shell('echo out; echo err >&2'),
    exit: [0],
    stdout: () => 'out\n',
    stderr: /^err\n$/,
  },
  {
    promise: 'gives streams that can be opened again',
    args: shell('echo out >/dev/stdout; echo err >/dev/stderr'),
    exit: [0],
    stdout: () => 'out\n',
    stderr: /^err\n$/,
  },
  {
    promise: 'passes arguments as they are',
    args: (s) => ['exec', s.container, 'bash', '-c', 'printf "<%s>" "$@"', 'x', 'a b', '', '$(id)', '--env'],
    exit: [0],
    stdout: () => '<a b><><$(id)><--env>',
  },
  { promise: 'has the container’s variables', args: shell('echo "$GREETING"'), exit: [0], stdout: () => 'hello world\n' },
  {
    promise: 'adds variables, with whatever stands in them',
    args: (s) => ['exec', '--env', 'A=x\ny = $(id)', '--env', 'B=', s.container, 'bash', '-c', 'echo "$A|$B|"; test -v B'],
    exit: [0],
    stdout: () => 'x\ny = $(id)||\n',
  },
  {
    promise: 'passes a variable of the caller by its name alone',
    args: shell('echo "$OF_THE_CALLER"', '--env', 'OF_THE_CALLER'),
    exit: [0],
    stdout: () => 'value\n',
  },
  {
    promise: 'passes no other variable of the caller',
    args: shell('echo "$OF_THE_CALLER"; test -v OF_THE_CALLER'),
    exit: [1],
    stdout: () => '\n',
  },
  { promise: 'gives nothing to read without --interactive', args: shell('cat'), stdin: 'abc', exit: [0], stdout: () => '' },
  {
    promise: 'gives stdin with --interactive',
    args: shell('cat', '--interactive'),
    stdin: 'abc',
    exit: [0],
    stdout: () => 'abc',
  },
  { promise: 'gives stdin with -i', args: shell('cat', '-i'), stdin: 'abc', exit: [0], stdout: () => 'abc' },
  {
    promise: 'knows no user that does not exist',
    args: (s) => ['exec', '--user', 'nope', s.container, 'true'],
    exit: [126, 1],
    either: /unable to find user nope/,
  },
  {
    promise: 'cannot run a command that does not exist',
    args: (s) => ['exec', s.container, 'nope'],
    exit: [126, 127],
    either: /exec: "nope": executable file not found in \$PATH/,
  },
  {
    promise: 'cannot run a file that is no program',
    args: (s) => ['exec', s.container, '/etc/passwd'],
    exit: [126],
    either: /exec: "\/etc\/passwd": permission denied/,
  },
  {
    promise: 'runs nothing in a stopped container',
    args: (s) => ['exec', s.stopped, 'true'],
    exit: [1],
    stderr: /Container \S+ is not running/,
  },
  {
    promise: 'runs nothing in a container that does not exist',
    args: () => ['exec', 'nope', 'true'],
    exit: [1],
    stderr: /No such container: nope/,
  },
  {
    promise: 'names a flag that it does not know',
    args: (s) => ['exec', '--nope', s.container, 'true'],
    exit: [125],
    stderr: /--nope/,
  },
  {
    promise: 'refuses a variable without a name',
    args: (s) => ['exec', '--env', '=x', s.container, 'true'],
    exit: [125],
    stderr: /invalid environment variable/,
  },
];

/** Starts a call and leaves it running. */
export function start(subject: Subject, args: string[]): ChildProcess {
  return spawn(subject.docker, args, {
    env: { ...subject.environment, OF_THE_CALLER: 'value' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Carries a call out; `exit` is its code, or the name of the signal that ended the client. */
export async function docker(subject: Subject, args: string[], stdin: string | Buffer = ''): Promise<Answer & { bytes: Buffer }> {
  const child = start(subject, args);
  child.stdin!.on('error', () => {}); // it need not read
  child.stdin!.end(stdin);
  const exit = ending(child);
  const [bytes, stderr] = await Promise.all([buffer(child.stdout!), buffer(child.stderr!)]);
  return { exit: await exit, bytes, stdout: bytes.toString(), stderr: stderr.toString() };
}

function ending(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? ''));
  });
}

async function line(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.stdout!.once('data', resolve));
}

async function file(path: string): Promise<string> {
  const content = () => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  await expect.poll(content, { timeout: 15_000, message: `${path} must be written` }).not.toBe('');
  return content();
}

/** Registers the whole contract as tests. */
export function contractTests(subject: () => Subject): void {
  describe('every call', () => {
    test.each(calls)('$promise', async ({ args, stdin, exit, stdout, stderr, either }) => {
      const answer = await docker(subject(), args(subject()), stdin);
      expect(exit, answer.stderr).toContain(answer.exit);
      const wanted = stdout?.(subject());
      if (typeof wanted === 'string') expect(answer.stdout).toBe(wanted);
      else if (wanted) expect(answer.stdout).toMatch(wanted);
      if (stderr) expect(answer.stderr).toMatch(stderr);
      if (either) expect(answer.stdout + answer.stderr).toMatch(either);
    });
  });

  describe('exec', () => {
    test('passes megabytes through unchanged', async () => {
      const bytes = randomBytes(3_000_000);
      const answer = await docker(subject(), shell('cat', '--interactive')(subject()), bytes);
      expect(answer.bytes.equals(bytes)).toBe(true);
    });

    test('does not wait for more input when its process has ended', async () => {
      const child = start(subject(), shell('exit 3', '--interactive')(subject()));
      expect(await ending(child)).toBe(3);
    });

    test('does not wait for a process that was left behind with the streams', async () => {
      const begin = Date.now();
      await docker(subject(), shell('sleep 30 & echo $!')(subject()));
      expect(Date.now() - begin).toBeLessThan(10_000);
    });

    test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('lets its process go on when the client gets %s', async (signal) => {
      const done = join(subject().folder, randomUUID());
      const child = start(subject(), shell(`for i in {1..60}; do echo tick; sleep 0.05; done; echo done >${done}`)(subject()));
      await line(child);
      const end = ending(child);
      child.kill(signal);
      await end;
      child.stdout!.destroy();
      expect(existsSync(done)).toBe(false);
      expect(await file(done)).toBe('done\n');
    });

    test('ends its output when the client is killed', async () => {
      const child = start(
        subject(),
        shell('while :; do echo tick; sleep 0.05; done', '--env', 'CONTRACT_TOKEN=endless')(subject()),
      );
      await line(child);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.stdout!.once('end', resolve).resume());
      await docker(subject(), shell(endByToken('endless'))(subject()));
    });

    test('dies when nobody reads its output, and its process goes on', async () => {
      const done = join(subject().folder, randomUUID());
      const child = start(subject(), shell(`for i in {1..2000}; do printf "%1000s\\n" x; done; echo done >${done}`)(subject()));
      await line(child);
      child.stdout!.destroy();
      expect(await ending(child)).not.toBe(0);
      expect(await file(done)).toBe('done\n');
    });

    test('finds a process by a variable in its environment, and nothing else', async () => {
      const ready = join(subject().folder, randomUUID());
      const token = randomUUID();
      const child = start(
        subject(),
        shell(`sleep 100 & echo $$ $! >${ready}; wait`, '--env', `CONTRACT_TOKEN=${token}`)(subject()),
      );
      const own = (await file(ready)).trim().split(' ');
      const found = await docker(
        subject(),
        shell(`cd /proc; grep -lzxF CONTRACT_TOKEN=${token} [0-9]*/environ 2>/dev/null | cut -d/ -f1`)(subject()),
      );
      expect(found.stdout.trim().split('\n').sort()).toEqual(own.sort());
      const end = ending(child);
      await docker(subject(), shell(endByToken(token))(subject()));
      expect(await end).toBe(143);
    });
  });

  describe('stop and start', () => {
    const running = async () => {
      const template = '{{.State.Running}} {{.State.Status}}';
      return (await docker(subject(), ['inspect', '--type', 'container', '--format', template, subject().container])).stdout;
    };

    test('end what runs in a container, let nobody in, and are no failure twice', async () => {
      const name = subject().container;
      const entered = start(subject(), ['exec', name, 'bash', '-c', 'echo in; exec sleep 100']);
      await line(entered);
      const end = ending(entered);
      for (let again = 0; again < 2; again++) {
        expect(await docker(subject(), ['stop', '-t', '2', name])).toMatchObject({ exit: 0, stdout: `${name}\n` });
        expect(await running()).toBe('false exited\n');
      }
      expect([137, 143]).toContain(await end);
      expect(await docker(subject(), ['exec', name, 'true'])).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('is not running'),
      });
      for (let again = 0; again < 2; again++) {
        expect(await docker(subject(), ['start', name])).toMatchObject({ exit: 0, stdout: `${name}\n` });
        expect(await running()).toBe('true running\n');
      }
      expect(await docker(subject(), ['exec', name, 'true'])).toMatchObject({ exit: 0 });
    });

    test.each(['stop', 'start'])('%s what there is, and say what there is not', async (command) => {
      const answer = await docker(subject(), [command, 'nope', subject().container]);
      expect(answer).toMatchObject({ exit: 1, stdout: `${subject().container}\n` });
      expect(answer.stderr).toContain('No such container: nope');
      await docker(subject(), ['start', subject().container]);
    });
  });

  describe('volume create', () => {
    test('makes a volume with its labels, and leaves one that exists as it is', async () => {
      const name = `contract-${randomUUID()}`;
      const create = ['volume', 'create', '--label', 'contract.made=yes', name];
      expect(await docker(subject(), create)).toMatchObject({ exit: 0, stdout: `${name}\n` });
      expect(await docker(subject(), ['volume', 'create', name])).toMatchObject({ exit: 0, stdout: `${name}\n` });
      const shown = await docker(subject(), ['volume', 'inspect', '--format', '{{.Name}} {{json .Labels}}', name]);
      expect(shown.stdout).toBe(`${name} {"contract.made":"yes"}\n`);
      const { stdout } = await docker(subject(), ['volume', 'ls', '--quiet', '--filter', 'label=contract.made=yes']);
      expect(stdout).toBe(`${name}\n`);
      // Known to a real engine only, which keeps it otherwise.
      await docker(subject(), ['volume', 'rm', name]);
    });
  });

  describe('run', () => {
    const labels = () => ['--label', `contract.run=${randomUUID()}`];
    const run = (name: string, more: string[], command: string[]) => [
      'run',
      '--detach',
      '--name',
      name,
      '--network',
      'none',
      '--log-driver',
      'none',
      ...more,
      subject().image,
      ...command,
    ];
    const bash = ['--entrypoint', 'bash'];
    const remove = (name: string) => docker(subject(), ['rm', '--force', '--volumes', name]);
    const state = (name: string) =>
      docker(subject(), ['inspect', '--type', 'container', '--format', '{{.State.Status}} {{.State.ExitCode}}', name]);

    test('starts, is found, is entered and is removed with all its processes', async () => {
      const name = `contract-${randomUUID()}`;
      const [flag, label] = labels();
      const folder = subject().folder;
      const more = [
        flag!,
        label!,
        '--env',
        'A=b c',
        '--shm-size',
        '64m',
        '--memory',
        '256m',
        '--volume',
        `${folder}:${folder}`,
        ...bash,
      ];
      const started = await docker(subject(), run(name, more, ['-c', 'sleep 100 & trap "" TERM; while :; do sleep 1; done']));
      expect(started).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
      expect(await docker(subject(), ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`])).toMatchObject({
        stdout: started.stdout,
      });
      const details = '{{.State.Running}} {{.Config.Image}} {{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}}{{end}}';
      const shown = await docker(subject(), ['inspect', '--type', 'container', '--format', details, name]);
      expect(shown.stdout).toBe(`true ${subject().image} bind ${folder} ${folder}\n`);
      expect(await docker(subject(), ['exec', name, 'bash', '-c', 'echo "$A"'])).toMatchObject({ exit: 0, stdout: 'b c\n' });
      expect(await docker(subject(), ['exec', started.stdout.slice(0, 12), 'bash', '-c', 'exit 4'])).toMatchObject({ exit: 4 });

      const entered = start(subject(), ['exec', name, 'bash', '-c', 'echo in; exec sleep 100']);
      await line(entered);
      const end = ending(entered);
      expect(await remove(name)).toMatchObject({ exit: 0, stdout: `${name}\n` });
      expect([137, 143]).toContain(await end);
      expect(await state(name)).toMatchObject({ exit: 1, stderr: expect.stringContaining(`No such container: ${name}`) });
    });

    test('refuses a name that is taken', async () => {
      const answer = await docker(subject(), run(subject().container, bash, ['-c', 'true']));
      expect(answer).toMatchObject({ exit: 125, stderr: expect.stringContaining(`"/${subject().container}" is already in use`) });
    });

    test('tells how its process ended, and is entered no more', async () => {
      const name = `contract-${randomUUID()}`;
      await docker(subject(), run(name, bash, ['-c', 'exit 9']));
      await expect.poll(async () => (await state(name)).stdout, { timeout: 10_000 }).toBe('exited 9\n');
      expect(await docker(subject(), ['exec', name, 'true'])).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('is not running'),
      });
      await remove(name);
    });

    test('cannot start a program that does not exist', async () => {
      const name = `contract-${randomUUID()}`;
      const answer = await docker(subject(), run(name, ['--entrypoint', 'nope'], []));
      expect(answer).toMatchObject({
        exit: 127,
        stderr: expect.stringContaining('exec: "nope": executable file not found in $PATH'),
      });
      expect(await remove(name)).toMatchObject({ exit: 0, stdout: `${name}\n` });
    });

    test('takes an image by its id as well', async () => {
      const name = `contract-${randomUUID()}`;
      const { stdout } = await docker(subject(), ['image', 'inspect', '--format', '{{.Id}}', subject().image]);
      const answer = await docker(subject(), [
        'run',
        '--detach',
        '--name',
        name,
        '--network',
        'none',
        ...bash,
        stdout.trim(),
        '-c',
        'sleep 100',
      ]);
      expect(answer).toMatchObject({ exit: 0 });
      const images = await docker(subject(), ['inspect', '--type', 'container', '--format', '{{.Image}}', name]);
      expect(images.stdout).toBe(stdout);
      await remove(name);
    });
  });
}

/** A script that ends, in the container, every process with a token, as a document does that is told to stop. */
function endByToken(token: string): string {
  return `cd /proc; for pid in $(grep -lzxF CONTRACT_TOKEN=${token} [0-9]*/environ 2>/dev/null | cut -d/ -f1); do kill $pid; done`;
}
