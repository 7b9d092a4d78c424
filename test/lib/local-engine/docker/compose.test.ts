import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { docker } from './contract.ts';
import { embedded } from './fixture.ts';

const labels = (service: string) => ({ 'com.docker.compose.project': 'infra', 'com.docker.compose.service': service });
let host: ReturnType<typeof embedded>;
beforeAll(() => {
  host = embedded((root) => ({
    schema: 'suite-backup.host.v1',
    containers: {
      'infra-db-1': { created: false, root, labels: labels('db') },
      'infra-web-1': { created: false, root, labels: labels('web') },
      other: { created: false, root },
    },
  }));
  writeFileSync(join(host.folder, 'compose.yml'), '');
});
afterAll(() => host.remove());

const up = (...services: string[]) =>
  docker(host.subject, [
    ...['compose', '--project-name', 'infra', '--project-directory', host.folder],
    ...['--file', join(host.folder, 'compose.yml'), 'up', '--detach', '--no-recreate', ...services],
  ]);
const running = (name: string) =>
  docker(host.subject, ['inspect', '--type', 'container', '--format', '{{.State.Running}}', name]);

test('a container that is only described is not there until its project is brought up, service by service', async () => {
  expect(await running('infra-db-1')).toMatchObject({ exit: 1, stderr: expect.stringContaining('No such container') });
  expect(await up('db')).toMatchObject({ exit: 0, stdout: '' });
  expect(await running('infra-db-1')).toMatchObject({ exit: 0, stdout: 'true\n' });
  expect(await running('infra-web-1')).toMatchObject({ exit: 1 });
  await docker(host.subject, ['stop', '-t', '1', 'infra-db-1']);
  expect(await up()).toMatchObject({ exit: 0 });
  for (const name of ['infra-db-1', 'infra-web-1']) expect(await running(name)).toMatchObject({ stdout: 'true\n' });
  expect(await running('other')).toMatchObject({ exit: 1 });
});

test('a service, a file or a project that is not there is named', async () => {
  expect(await up('cache')).toMatchObject({ exit: 1, stderr: expect.stringContaining('no such service: cache') });
  const words = ['compose', '--project-name', 'infra', '--env-file', '/nowhere/.env', 'up', '--detach', '--no-recreate'];
  expect(await docker(host.subject, words)).toMatchObject({ exit: 14, stderr: expect.stringContaining('/nowhere/.env') });
  const another = ['compose', '--project-name', 'another', 'up', '--detach', '--no-recreate'];
  expect(await docker(host.subject, another)).toMatchObject({ exit: 14 });
});

test('its version is told', async () => {
  expect(await docker(host.subject, ['compose', 'version'])).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('Compose'),
  });
});
