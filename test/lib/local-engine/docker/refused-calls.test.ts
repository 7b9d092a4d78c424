import { afterAll, beforeAll, expect, test } from 'vitest';
import { docker } from './contract.ts';
import { embedded } from './fixture.ts';

let host: ReturnType<typeof embedded>;
beforeAll(() => {
  host = embedded();
});
afterAll(() => host.remove());

const run = ['run', '--detach', '--name', 'xx', '--entrypoint', 'true'];

test.each([
  ['a subcommand', ['pull', 'x'], 'docker pull'],
  ['a subcommand of volume', ['volume', 'prune'], 'docker volume prune'],
  ['a volume of another driver', ['volume', 'create', '--driver', 'nfs', 'x'], '--driver'],
  ['stop with a signal', ['stop', '--signal', 'KILL', 'main'], '--signal'],
  ['start with its output', ['start', '--attach', 'main'], '--attach'],
  ['nothing at all', [], 'docker '],
  ['a flag before the subcommand', ['--context', 'x', 'ps'], '--context'],
  ['a terminal', ['exec', '-it', 'main', 'true'], '-it'],
  ['another working folder', ['exec', '--workdir', '/', 'main', 'true'], '--workdir'],
  ['inspect of another type', ['inspect', '--type', 'network', '--format', 'x', 'main'], 'container'],
  ['inspect without a type', ['inspect', '--format', 'x', 'main'], '--type'],
  ['inspect without a format', ['inspect', '--type', 'container', 'main'], '--format'],
  ['inspect of two', ['inspect', '--type', 'container', '--format', 'x', 'main', 'stopped'], 'exactly 1'],
  ['ps without all', ['ps', '--quiet', '--no-trunc'], '--all'],
  ['another filter', ['ps', '--all', '--quiet', '--no-trunc', '--filter', 'name=main'], 'name=main'],
  ['rm without force', ['rm', '--volumes', 'x'], '--force'],
  ['run in the foreground', ['run', '--name', 'xx', '--entrypoint', 'true', 'local/postgres:15'], '--detach'],
  ['run without an entrypoint', ['run', '--detach', '--name', 'xx', 'local/postgres:15'], '--entrypoint'],
  ['a published port', [...run, '--publish', '1:1', 'local/postgres:15'], '--publish'],
  ['another network', [...run, '--network', 'bridge', 'local/postgres:15'], 'bridge'],
  ['another log driver', [...run, '--log-driver', 'json-file', 'local/postgres:15'], 'json-file'],
  ['a named volume', [...run, '--volume', 'uploads:/x', 'local/postgres:15'], 'uploads:/x'],
  ['a bind mount elsewhere', [...run, '--volume', '/a:/b', 'local/postgres:15'], '/a:/b'],
  ['a size that is none', [...run, '--shm-size', '12q', 'local/postgres:15'], '12q'],
  ['another subcommand of compose', ['compose', '--project-name', 'x', 'down'], 'docker compose down'],
  ['compose in the foreground', ['compose', '--project-name', 'x', 'up'], '--detach'],
  ['compose that makes anew', ['compose', '--project-name', 'x', 'up', '--detach'], '--no-recreate'],
  ['compose without a project', ['compose', 'up', '--detach', '--no-recreate'], '--project-name'],
  ['compose with a profile', ['compose', '--profile', 'x', 'up', '--detach'], '--profile'],
  ['an image that is not declared', [...run, 'other:1'], 'other:1'],
])('%s is refused by name with exit code 125', async (_, args, name) => {
  const answer = await docker(host.subject, args);
  expect(answer).toMatchObject({ exit: 125, stdout: '' });
  expect(answer.stderr).toContain(name);
});

test('a declared container is not removed', async () => {
  expect(await docker(host.subject, ['rm', '--force', '--volumes', 'main'])).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('declared'),
  });
  expect(await docker(host.subject, ['exec', 'main', 'true'])).toMatchObject({ exit: 0 });
});

test('a container without an engine to end with is not started', async () => {
  const orphan = { ...host.subject, environment: { ...host.subject.environment, LOCAL_ENGINE_PROCESS: '' } };
  expect(await docker(orphan, [...run, 'local/postgres:15'])).toMatchObject({
    exit: 125,
    stderr: expect.stringContaining('LOCAL_ENGINE_PROCESS'),
  });
});

test('of many calls for one name exactly one starts a container', async () => {
  const started = ['run', '--detach', '--name', 'contested', '--entrypoint', 'sleep', 'local/postgres:15', '100'];
  const answers = await Promise.all(Array.from({ length: 4 }, () => docker(host.subject, started)));
  expect(answers.map(({ exit }) => exit).sort()).toEqual([0, 125, 125, 125]);
  const ids = await docker(host.subject, ['inspect', '--type', 'container', '--format', '{{.Id}}', 'contested']);
  expect(ids.stdout).toBe(answers.find(({ exit }) => exit === 0)!.stdout);
  await Promise.all([1, 2].map(() => docker(host.subject, ['rm', '--force', '--volumes', 'contested'])));
  expect(await docker(host.subject, ['inspect', '--type', 'container', '--format', '{{.Id}}', 'contested'])).toMatchObject({
    exit: 1,
  });
});
