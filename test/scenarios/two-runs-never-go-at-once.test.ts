import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import { quoted } from '../support/replaced-tools.ts';
import type { TestHost, Volume } from '../support/test-host.ts';

let host: TestHost;
let uploads: Volume;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
});
afterAll(() => host.remove());

it('ends a second run at once as locked, without an alert, and the first is proven', async () => {
  const before = await suite.run('backup');
  const gate = join(host.workspace, 'gate');
  const waiting = `until [[ -e ${quoted(gate)} ]]; do sleep 0.05; done`;
  await host.hostTool.replace('tar', `[[ " $* " != *' --create '* ]] || ${waiting}\nexec "$REAL" "$@"`);
  const first = await suite.start('backup');
  await first.waitForLine(/▸ Capture the volume/);

  const second = await suite.run('backup');
  expect([second.exitCode, second.json.outcome, second.json.error?.name]).toEqual([6, 'locked', 'LockHeld']);
  expect(second.json.point).toBeNull();
  const verify = await suite.run('verify', before.json.point!.id);
  expect([verify.exitCode, verify.json.error?.name, verify.json.proof]).toEqual([6, 'LockHeld', null]);
  const { json: status } = await suite.run('status');
  expect(status.running).toMatchObject([{ workflow: 'backup', executionArn: status.lock!.executionArn }]);
  // A restore has a plan, but neither it nor its safety point goes on beside the backup.
  await uploads.write({ 'invoice.txt': '999' });
  const words = [before.json.point!.id, '--mode', 'files', '--confirm', suite.name];
  const restore = await suite.run('restore', ...words, '--no-safety-point');
  const safe = await suite.run('restore', ...words);
  for (const { exitCode, json, stderr } of [restore, safe]) {
    expect([exitCode, json.outcome, json.error?.name, json.steps, json.safetyPoint], stderr).toEqual([
      6,
      'locked',
      'LockHeld',
      [],
      null,
    ]);
    expect(json.plan).toMatchObject({ point: before.json.point!.id, problems: [] });
    expect(stderr).not.toContain('Stop the writers');
  }
  expect(await readFile(join(uploads.folder, 'invoice.txt'), 'utf8')).toBe('999');
  for (const { error } of [second.json, verify.json, restore.json, safe.json]) {
    expect(error!.message).toContain(status.lock!.executionArn);
    expect(error!.hint).toContain('suite-backup status');
  }
  const { points } = (await suite.run('list')).json;
  expect(points.map(({ state, restorable }) => ({ state, restorable }))).toEqual([
    { state: 'capturing', restorable: false },
    { state: 'proven', restorable: true },
  ]);

  const patient = await suite.start('backup', '--wait', '--trigger', 'deploy', '--label', 'before 4.2');
  await patient.waitForLine(/waiting for the run that holds the lock/);
  await writeFile(gate, '');
  const { exitCode, json } = await first.done;
  expect([exitCode, json.outcome, json.executionArn]).toEqual([0, 'proven', status.lock!.executionArn]);
  const waited = await patient.done;
  expect([waited.exitCode, waited.json.outcome], waited.stderr).toEqual([0, 'proven']);
  expect(waited.json.point).toMatchObject({ trigger: 'deploy', label: 'before 4.2' });
  expect((await suite.run('list')).json.points.map(({ state }) => state)).toEqual(['proven', 'proven', 'proven']);
  expect(await alertsOf(suite.home)).toEqual([]);
  expect(await host.leftovers()).toEqual([]);
});
