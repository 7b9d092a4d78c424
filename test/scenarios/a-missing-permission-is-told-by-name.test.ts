import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { createHost } from '../support/host.ts';
import type { TestHost } from '../support/test-host.ts';

let host: TestHost;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
  expect((await suite.run('backup')).json.outcome).toBe('proven');
  await cp(join(suite.home, 'cdk.out'), join(suite.home, 'whole'), { recursive: true });
});
beforeEach(async () => {
  await rm(join(suite.home, 'cdk.out'), { recursive: true });
  await cp(join(suite.home, 'whole'), join(suite.home, 'cdk.out'), { recursive: true });
});
afterAll(() => host.remove());

const without = (role: string, action: string) => new EditedAssembly(suite.home, suite.name).withoutRight(role, action);

describe('a right that somebody took away', () => {
  it.each([
    ['from an agent', 'seal', 's3:PutObjectVersionTagging', /seal/],
    ['from the host', 'docker-host', 's3:PutObject', /docker-host/],
    ['from a machine', 'backup', 'states:StartExecution', /backup-backup/],
  ])('%s fails the run, which says who may not do what (%s: %s)', async (_, role, action, who) => {
    await without(role, action);
    const { exitCode, json, stderr } = await suite.run('backup');
    expect([exitCode === 0, json.outcome]).toEqual([false, 'failed']);
    const refusal = new RegExp(
      `User: arn:aws:sts::\\d+:assumed-role/\\S*${who.source}\\S* is not authorized to perform: ${action} on resource`,
    );
    expect(stderr).toMatch(refusal);
    expect(json.error!.message).toMatch(/not authorized|AccessDenied/);
    expect(json.point).toMatchObject({ state: 'failed', restorable: false });
    expect(await host.leftovers()).toEqual([]);
  });

  it('and that AWS looks at only at a deployment keeps the engine from running at all', async () => {
    await without('backup', 'events:PutRule');
    const { exitCode, json } = await suite.run('backup');
    expect([exitCode, json.error?.name]).toEqual([1, 'AssemblyRefused']);
    expect(json.error!.problems).toMatchObject([
      { message: expect.stringMatching(/-backup is not authorized to create managed-rule/) },
    ]);
  });
});
