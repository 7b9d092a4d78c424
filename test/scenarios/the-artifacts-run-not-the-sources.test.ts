import { cp, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { createHost } from '../support/host.ts';
import { PROJECT } from '../support/host-folders.ts';
import type { TestHost } from '../support/test-host.ts';

const PARTS = ['bin', 'lib', 'functions', 'package.json', 'package-lock.json', 'cdk.json'];

let host: TestHost;
let project: string;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  project = join(host.workspace, 'project');
  for (const part of PARTS) await cp(join(PROJECT, part), join(project, part), { recursive: true, preserveTimestamps: true });
  await symlink(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
  const volumes = [{ name: 'uploads', volume: uploads.name }];
  suite = await createSuite({ host, suite: { sources: { volumes } }, project, shareSynthesis: false });
  expect((await suite.run('list')).exitCode).toBe(0);
  await rename(join(project, 'functions'), join(project, 'functions.away'));
});
afterAll(() => host.remove());

it('backs up and proves with functions/ moved away', async () => {
  const { exitCode, json, stderr } = await suite.run('backup');
  expect([exitCode, json.outcome]).toEqual([0, 'proven']);
  expect(stderr).not.toContain('synthesizing');
});

it('carries out a state under the name that somebody gave it in cdk.out', async () => {
  const edited = new EditedAssembly(suite.home, suite.name);
  await edited.machine('backup', (definition) => definition.replaceAll('"Seal the recovery point"', '"Put the lid on it"'));
  const { exitCode, stderr } = await suite.run('backup');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('Put the lid on it');
  expect(stderr).not.toContain('Seal the recovery point');
});

it('fails with what a document in cdk.out says since somebody edited it', async () => {
  const edited = new EditedAssembly(suite.home, suite.name);
  await edited.document('capture-volume', (script) =>
    script.replace('\nneed docker', '\necho edited by hand >&2\nexit 1\nneed docker'),
  );
  const failed = await suite.run('backup');
  expect([failed.exitCode, failed.json.outcome, failed.json.error?.name]).toEqual([1, 'failed', 'CommandFailed']);
  expect(failed.json.error!.message).toMatch(/volume-uploads: capture-volume ended with status 1\. edited by hand/);
  expect(failed.json.point).toMatchObject({ state: 'failed', restorable: false });
  expect(await alertsOf(suite.home)).toHaveLength(1);

  await edited.document('capture-volume', (script) => script.replace('\nexit 1\n', '\n'));
  expect((await suite.run('backup')).json.outcome).toBe('proven');
  expect(await host.leftovers()).toEqual([]);
});
