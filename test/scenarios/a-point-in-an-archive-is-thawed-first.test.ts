import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Container, Folder, TestHost, Volume } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let uploads: Volume;
let configuration: Folder;
let writer: Container;
let suite: Suite;
let point: string;
let vault: TamperedVault;
/** The objects of the volume: archive, inventory. */
let objects: string[];
let settings: string;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  configuration = await host.directory({ 'settings.env': 'A=1\n' });
  writer = await host.container('api', { files: { 'app/x': 'x' } });
  suite = await createSuite({
    host,
    suite: {
      sources: {
        volumes: [{ name: 'uploads', volume: uploads.name }],
        files: [{ name: 'settings', directory: configuration.folder, include: ['*.env'] }],
      },
      writers: [writer.container],
      timeouts: { thaw: 10 },
    },
  });
  point = (await provenBackup(suite)).point!.id;
  vault = await TamperedVault.open(suite.home);
  objects = (await vault.keys()).filter((key) => key.includes(`/artifacts/${point}/volume-uploads.`));
  settings = await vault.key(new RegExp(`/artifacts/${point}/files-settings\\.[0-9a-f]+\\.tar\\.zst$`));
  expect(objects).toHaveLength(2);
});
afterAll(() => host.remove());

beforeEach(async () => {
  await uploads.write({ 'invoice.txt': '999' });
});

const restore = (...words: string[]) => suite.run('restore', point, '--mode', 'files', '--no-safety-point', ...words);
const invoice = () => readFile(join(uploads.folder, 'invoice.txt'), 'utf8');

it('the plan says what is thawed, how long that takes and that it costs, and asks for nothing', async () => {
  await vault.archive(objects[0]!, 'GLACIER');
  await vault.archive(objects[1]!, 'DEEP_ARCHIVE');
  const planned = await restore('--dry-run', '--thaw', 'Bulk');
  expect([planned.exitCode, planned.json.outcome], planned.stderr).toEqual([0, 'planned']);
  expect(planned.json.plan!.thaw).toEqual([
    { storageClass: 'GLACIER', objects: 1, bytes: expect.any(Number), hours: { least: 5, most: 12 } },
    { storageClass: 'DEEP_ARCHIVE', objects: 1, bytes: expect.any(Number), hours: { least: 0, most: 48 } },
  ]);
  expect(await Promise.all(objects.map((key) => vault.isThawed(key)))).toEqual([false, false]);
});

it('a proof of it is refused by name, and the point stays proven', async () => {
  const { exitCode, json } = await suite.run('verify', point);
  expect([exitCode, json.error?.name, json.proof]).toEqual([7, 'PointArchived', null]);
  expect(json.error!.message).toMatch(/volume-uploads.* lies in (GLACIER|DEEP_ARCHIVE) and is not thawed/);
  expect(json.point).toMatchObject({ state: 'proven', restorable: true });
});

it('a change of the configuration cannot be shown, and the plan says so', async () => {
  await vault.archive(settings, 'GLACIER');
  const { json } = await succeed(suite, 'restore', point, '--mode', 'config', '--dry-run');
  expect(json.plan!.items).toMatchObject([{ diff: null, warnings: [{ name: 'PointArchived' }] }]);
});

it('one that does not come in its time ends the restore, and nothing was touched', async () => {
  const later = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  await vault.archive(objects[0]!, 'DEEP_ARCHIVE', { readyAt: later(1), until: later(8) });
  const before = (await alertsOf(suite.home)).length;
  const { exitCode, json, stderr } = await restore('--confirm', suite.name);
  expect([exitCode, json.outcome, json.error?.name], stderr).toEqual([1, 'failed', 'ThawTimedOut']);
  expect(json.error!.message).toMatch(
    /^Nothing was touched: after \d+ seconds 1 object of .* is still on the way out of the archive, such as .*volume-uploads/,
  );
  expect(json.steps).toEqual([]);
  expect(stderr).toMatch(/first thawed: 2 objects, .* from DEEP_ARCHIVE: takes up to 12 h/);
  expect(stderr).not.toContain('Take the lock');
  expect(await invoice()).toBe('999');
  const told = (await alertsOf(suite.home)).slice(before);
  expect(told.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: ThawTimedOut')]);
});

it('is waited for before anything is touched, and then restored', async () => {
  for (const key of objects) await vault.archive(key, 'DEEP_ARCHIVE');
  const { exitCode, json, stderr } = await restore('--confirm', suite.name);
  expect([exitCode, json.outcome, json.error], stderr).toEqual([0, 'restored', null]);
  const order = ['Wait for the archive', 'Take the lock', 'Stop the writers', 'Restore every item'];
  const places = order.map((step) => stderr.indexOf(step));
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(Math.min(...places)).toBeGreaterThan(0);
  expect(await invoice()).toBe('100');
  // While the copies are there, it can be proven again.
  await vault.archive(settings, 'GLACIER', { readyAt: new Date(0).toISOString(), until: new Date(8e15).toISOString() });
  expect((await succeed(suite, 'verify', point)).json.proof).toMatchObject({ ok: true });
  expect(await host.leftovers()).toEqual([]);
});
