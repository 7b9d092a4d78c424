import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe } from 'vitest';
import { contractTests, type Subject } from './contract.ts';

describe('the real engine', () => {
  const environment = { PATH: process.env.PATH!, HOME: '/root', DOCKER_HOST: 'unix:///tmp/dk/s' };
  const subject: Subject = {
    docker: '/usr/local/bin/docker',
    environment,
    container: 'main',
    stopped: 'stopped',
    image: 'local/pg:15',
    volume: 'uploads',
    folder: '/tmp/dk/shared',
  };
  const d = (...args: string[]) => {
    const r = spawnSync(subject.docker, args, { env: environment, encoding: 'utf8' });
    if (r.status !== 0) console.error(args, r.stderr);
  };
  beforeAll(() => {
    mkdirSync(subject.folder, { recursive: true });
    d('rm', '-f', 'main', 'stopped');
    d('volume', 'create', 'uploads', '--label', 'contract.kind=data');
    d(
      'run',
      '-d',
      '--name',
      'main',
      '--network',
      'none',
      '--label',
      'contract.role=main',
      '--label',
      'contract.part=one',
      '--env',
      'GREETING=hello world',
      '--volume',
      `${subject.folder}:${subject.folder}`,
      '--volume',
      'uploads:/app/uploads',
      '--entrypoint',
      'sleep',
      subject.image,
      '10000',
    );
    d('run', '--name', 'stopped', '--network', 'none', '--label', 'contract.role=main', '--entrypoint', 'true', subject.image);
  });
  afterAll(() => d('rm', '-f', 'main', 'stopped'));
  contractTests(() => subject);
});
