import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { docker } from './contract.ts';
import { alive, binaries, contractHost, embedded } from './fixture.ts';

// A scratch server as a document makes it: one `run`, and everything else by `exec`.
let host: ReturnType<typeof embedded>;
let data: string;
const exec = (name: string, ...words: string[]) =>
  docker(host.subject, ['exec', '--user', 'postgres', '--env', 'PGUSER=postgres', name, ...words]);
const psql = (...words: string[]) => docker(host.subject, ['exec', '--env', 'PGUSER=postgres', ...words]);
const query = ['psql', '-XAt', '-d', 'postgres', '-c'];

beforeAll(async () => {
  host = embedded();
  // The test's own folder is root's alone (0700); the server's below it belongs to the server.
  data = join(host.folder, 'scratch');
  mkdirSync(data);
  if (process.getuid!() === 0) execFileSync('chown', ['postgres', data]);
  const script = `initdb -D "$0/data" -U postgres -A trust -N >/dev/null && exec postgres -D "$0/data" -c listen_addresses= -c unix_socket_directories="$0" -p 5433 -c fsync=off`;
  const args = [
    'run',
    '--detach',
    '--name',
    'scratch',
    '--network',
    'none',
    '--shm-size',
    '256m',
    '--log-driver',
    'none',
    '--user',
    'postgres',
  ];
  const more = [
    '--volume',
    `${data}:${data}`,
    '--env',
    `PGHOST=${data}`,
    '--env',
    'PGPORT=5433',
    '--entrypoint',
    'bash',
    host.subject.image,
    '-c',
    script,
    data,
  ];
  expect(await docker(host.subject, [...args, ...more])).toMatchObject({ exit: 0 });
  await vi.waitFor(async () => expect(await psql('scratch', ...query, 'select 1')).toMatchObject({ stdout: '1\n' }), {
    timeout: 30_000,
    interval: 100,
  });
});
afterAll(async () => {
  await docker(host.subject, ['rm', '--force', '--volumes', 'scratch']);
  host.remove();
});

test('the server runs as its own user below a folder that only root may enter', async () => {
  const { stdout } = await exec('scratch', ...query, "select pg_read_file('/proc/self/status')");
  const uid = /^Uid:\s+(\d+)/m.exec(stdout)?.[1];
  expect(uid).toBe(
    String(process.getuid!() === 0 ? execFileSync('id', ['-u', 'postgres']).toString().trim() : process.getuid!()),
  );
});

test('exec works with the environment that run was given and the binaries of the image', async () => {
  expect(await exec('scratch', 'bash', '-c', 'type -P pg_controldata; echo $PGPORT')).toMatchObject({
    stdout: `${binaries}/pg_controldata\n5433\n`,
  });
});

test('a declared container reaches its server by PGHOST and PGPORT, with the caller’s user', async () => {
  writeFileSync(
    host.file,
    JSON.stringify({
      ...contractHost(host.folder),
      containers: {
        ...contractHost(host.folder).containers,
        db: {
          image: 'local/postgres:15',
          imageDigest: `sha256:${'ab'.repeat(32)}`,
          postgres: { host: data, port: 5433, binaries },
        },
      },
    }),
  );
  expect(await psql('db', ...query, 'show port')).toMatchObject({ exit: 0, stdout: '5433\n' });
  expect(await docker(host.subject, ['exec', 'db', 'bash', '-c', 'echo "$PGHOST $PGUSER."; pwd'])).toMatchObject({
    stdout: `${data} .\n/\n`,
  });
});

test('a test puts its own program in the place of one of PostgreSQL', async () => {
  const faulty = join(host.folder, 'faulty');
  mkdirSync(faulty);
  writeFileSync(join(faulty, 'pg_isready'), '#!/bin/sh\necho faulty\nexit 3\n');
  chmodSync(join(faulty, 'pg_isready'), 0o755);
  writeFileSync(
    host.file,
    JSON.stringify({
      ...contractHost(host.folder),
      containers: { ...contractHost(host.folder).containers, db: { postgres: { host: data, port: 5433, binaries: faulty } } },
    }),
  );
  expect(await docker(host.subject, ['exec', 'db', 'pg_isready'])).toMatchObject({ exit: 3, stdout: 'faulty\n' });
});

test('rm ends the server with open sessions and leaves no process and no shared memory', async () => {
  writeFileSync(host.file, JSON.stringify(contractHost(host.folder)));
  const { stdout } = await exec(
    'scratch',
    ...query,
    'select pg_backend_pid()',
    '-c',
    "select pid from pg_stat_activity where backend_type = 'checkpointer'",
  );
  const [, checkpointer] = stdout.trim().split('\n').map(Number);
  const { stdout: pid } = await docker(host.subject, ['inspect', '--type', 'container', '--format', '{{.State.Pid}}', 'scratch']);
  const session = docker(host.subject, ['exec', '--env', 'PGUSER=postgres', 'scratch', ...query, 'select pg_sleep(100)']);
  await expect
    .poll(
      async () =>
        (await psql('scratch', ...query, "select count(*) from pg_stat_activity where query like 'select pg_sleep%'")).stdout,
      { timeout: 20_000 },
    )
    .toBe('1\n');
  const segments = readFileSync(`/proc/${Number(pid)}/maps`, 'utf8').match(/\/dev\/shm\/PostgreSQL\.\d+/g) ?? [];
  expect(segments).not.toEqual([]);
  expect(alive([Number(pid), checkpointer!])).toHaveLength(2);
  expect(await docker(host.subject, ['rm', '--force', '--volumes', 'scratch'])).toMatchObject({ exit: 0, stdout: 'scratch\n' });
  expect((await session).exit).not.toBe(0);
  expect(alive([Number(pid), checkpointer!])).toEqual([]);
  expect(segments.filter((segment) => existsSync(segment))).toEqual([]);
});
