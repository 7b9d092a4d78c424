import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Project, TestHost } from '../support/test-host.ts';

let host: TestHost;
let project: Project;
let suite: Suite;
let point: string;

beforeAll(async () => {
  host = await createHost();
  project = await host.project(['shop']);
  await project.sql(
    'shop',
    `create role clerk login; create table users (id int primary key); insert into users select generate_series(1, 9);
     grant select on users to clerk;`,
  );
  await project.volume.write({ 'drawing.pdf': 'drawing', 'sub/notes.txt': 'notes' });
  await project.root.write({ 'app/exports/a.csv': '1,2\n' });
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [{ name: 'shop', container: project.db, ownership: 'keep' }],
        volumes: [{ name: 'files' }],
        paths: [{ name: 'exports', container: project.app, path: '/app/exports' }],
        files: [{ name: 'compose', directory: project.project.folder, include: ['*.yml'] }],
      },
    },
  });
  const { json } = await succeed(suite, 'backup');
  expect(json.outcome).toBe('proven');
  point = json.point!.id;
  await project.destroy();
});
afterAll(() => host.remove());

const FULL = ['latest', '--mode', 'full', '--no-safety-point'];

it('and says so in the plan of the whole suite, touching nothing', async () => {
  const planned = await suite.run('restore', ...FULL, '--dry-run');
  expect([planned.exitCode, planned.json.outcome, planned.json.error], planned.stderr).toEqual([0, 'planned', null]);
  expect(planned.json.plan!.makes).toEqual([
    expect.objectContaining({
      project: host.name,
      directory: project.project.folder,
      files: [join(project.project.folder, 'docker-compose.yml')],
      services: ['db', 'app'],
      containers: [project.db, project.app],
    }),
  ]);
  expect(planned.json.plan!.assessment!.map(({ source, state }) => `${source} ${state}`)).toEqual(
    expect.arrayContaining(['shop missing', 'exports missing', 'compose missing']),
  );
  expect(existsSync(join(project.project.folder, 'docker-compose.yml'))).toBe(false);
  const one = await suite.run('restore', 'latest', '--mode', 'database', '--dry-run');
  expect([one.exitCode, one.json.error?.name]).toEqual([7, 'RestoreRefused']);
  expect(one.json.error!.message).toContain(`There is no container "${project.db}". Make it first`);
});

it('or says what compose lacks, with nothing changed', async () => {
  const failed = await suite.run('restore', ...FULL, '--source', 'shop', '--confirm', suite.name);
  expect([failed.exitCode, failed.json.outcome, failed.json.error?.name], failed.stderr).toEqual([
    1,
    'failed',
    'ContainerNotMade',
  ]);
  expect(failed.json.error!.message).toContain(`not on the host: ${join(project.project.folder, 'docker-compose.yml')}`);
  expect((await alertsOf(suite.home)).map(({ subject }) => subject)).toEqual([expect.stringContaining('ContainerNotMade')]);
  expect((await succeed(suite, 'status')).json.lock).toBe(null);
});

it('before everything in them comes back, with one command', async () => {
  const done = await suite.run('restore', ...FULL, '--confirm', suite.name);
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(done.json.made).toEqual([project.db, project.app]);
  expect(done.json.steps.map(({ source, state }) => `${source} ${state}`)).toEqual(
    expect.arrayContaining(['shop swapped', 'compose swapped', 'files swapped', 'exports swapped']),
  );
  const assessed = await succeed(suite, 'assess', point);
  expect(assessed.json.sources.map(({ state }) => state)).toEqual(Array(4).fill('present'));
  expect(await project.sql('shop', 'select count(*) from users')).toBe('9');
  expect(await project.sql('shop', "select has_table_privilege('clerk', 'users', 'select')")).toBe('t');
  expect(await readFile(join(project.root.folder, 'app/exports/a.csv'), 'utf8')).toBe('1,2\n');
  const { json } = await suite.run('restore', '--forget');
  expect([json.outcome, json.error]).toEqual(['forgotten', null]);
  expect(await host.leftovers()).toEqual([]);
});
