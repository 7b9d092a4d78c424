import { expect, it } from 'vitest';
import { projectOf, projectsOf } from '../../../functions/restore/compose.ts';
import type { ChosenItem } from '../../../functions/restore/items.ts';

const of = (kind: string, name: string, labels: Record<string, string> | null) =>
  ({ kind, source: { container: { name, labels } } }) as unknown as ChosenItem;
const labels = (service: string, more: Record<string, string> = {}) => ({
  'com.docker.compose.project': 'infra',
  'com.docker.compose.service': service,
  'com.docker.compose.project.working_dir': '/srv/suite',
  'com.docker.compose.project.config_files': '/srv/suite/a.yml,/srv/suite/b.yml',
  ...more,
});

it('names each project once, with all services, and the servers that are waited for', () => {
  expect(
    projectsOf([
      of('database', 'infra-db-1', labels('db')),
      of('database', 'infra-db-1', labels('db')),
      of('path', 'infra-api-1', labels('api')),
      of('path', 'other-web-1', { ...labels('web'), 'com.docker.compose.project': 'other' }),
    ]),
  ).toEqual([
    {
      project: 'infra',
      directory: '/srv/suite',
      files: ['/srv/suite/a.yml', '/srv/suite/b.yml'],
      environmentFiles: [],
      services: ['db', 'api'],
      containers: ['infra-db-1', 'infra-api-1'],
      servers: ['infra-db-1'],
    },
    expect.objectContaining({ project: 'other', services: ['web'], servers: [] }),
  ]);
  const withEnvironment = labels('db', { 'com.docker.compose.project.environment_file': '/srv/suite/.env' });
  expect(projectOf(of('database', 'x', withEnvironment))).toMatchObject({ environmentFiles: ['/srv/suite/.env'] });
});

it('knows no project of a container that compose did not make, or not wholly', () => {
  expect(projectOf(of('database', 'x', null))).toBe(null);
  expect(projectOf({ kind: 'volume', source: { container: null } } as unknown as ChosenItem)).toBe(null);
  for (const label of Object.keys(labels('db')).slice(0, 3)) {
    expect(projectOf(of('database', 'x', { ...labels('db'), [label]: '' })), label).toBe(null);
  }
});
