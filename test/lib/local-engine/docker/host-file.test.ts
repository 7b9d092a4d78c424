import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedHost } from '../../../../lib/local-engine/docker/embedded-host.ts';
import { HostFileError, type HostFileProblem, readHostFile } from '../../../../lib/local-engine/docker/host-file.ts';

function written(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'host-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'host.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function problems(content: unknown): HostFileProblem[] {
  const file = written(content);
  try {
    readHostFile(file);
  } catch (error) {
    if (error instanceof HostFileError) return error.problems;
    throw error;
  }
  return [];
}

const schema = 'suite-backup.host.v1';

test('a container needs only a server', () => {
  const { containers } = readHostFile(written({ schema, containers: { db: { postgres: { port: 5433 } } } }));
  expect(containers.db).toMatchObject({
    running: true,
    image: 'db:latest',
    root: null,
    postgres: { host: '127.0.0.1', port: 5433, binaries: null },
  });
});

test('a container needs only a folder', () => {
  expect(readHostFile(written({ schema, containers: { web: { root: '/srv' } } })).containers.web).toMatchObject({
    root: '/srv',
    postgres: null,
  });
});

test('all problems are found at once, each with its path and what stands there', () => {
  const found = problems({
    schema: 'suite-backup.host.v2',
    containers: {
      a: { running: 'yes', root: 'relative', mounts: { '/data': 'missing' }, environment: { 'NOT OK': 'x', N: 5 }, extra: 1 },
      b: {},
      c: { postgres: { host: '', port: 70_000, binaries: 'bin' } },
      'a/b': { root: '/' },
    },
    volumes: { v: 'relative', w: { path: '/x' } },
    other: true,
  });
  expect(found.map(({ path, value }) => [path, value])).toEqual(
    expect.arrayContaining([
      ['schema', 'suite-backup.host.v2'],
      ['other', true],
      ['containers.a.running', 'yes'],
      ['containers.a.root', 'relative'],
      ['containers.a.mounts./data', 'missing'],
      ['containers.a.environment.NOT OK', 'NOT OK'],
      ['containers.a.environment.N', 5],
      ['containers.a.extra', 1],
      ['containers.b', undefined],
      ['containers.c.postgres.host', ''],
      ['containers.c.postgres.port', 70_000],
      ['containers.c.postgres.binaries', 'bin'],
      ['containers.a/b', 'a/b'],
      ['volumes.v', 'relative'],
      ['volumes.w.path', '/x'],
      ['volumes.w.folder', undefined],
    ]),
  );
});

test('one image has one digest', () => {
  const found = problems({
    schema,
    containers: {
      a: { root: '/', image: 'x:1', imageDigest: 'sha256:aa' },
      b: { root: '/', image: 'x:1', imageDigest: 'sha256:bb' },
    },
  });
  expect(found.map(({ path }) => path)).toEqual(['containers.b.imageDigest']);
});

test.each([
  ['is no JSON', '{'],
  ['is a list', []],
])('a file that %s is refused before anything is written', (_, content) => {
  const file = written(content);
  expect(() => embeddedHost(file, join(file, '..', 'state'))).toThrow(HostFileError);
});

test('a file that does not exist is named', () => {
  expect(() => readHostFile('/nowhere/host.json')).toThrow(/\/nowhere\/host\.json/);
});
