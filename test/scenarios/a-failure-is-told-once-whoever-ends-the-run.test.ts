import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { engineOf } from '../support/engine-client.ts';
import { createHost } from '../support/host.ts';
import { STALLED } from '../support/slow-steps.ts';
import type { TestHost, Volume } from '../support/test-host.ts';
import { until } from '../support/until.ts';

let host: TestHost;
let uploads: Volume;
let suite: Suite;

beforeEach(async () => {
  host ??= await createHost();
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
});
afterAll(() => host.remove());

async function provenAgain(): Promise<void> {
  const next = await suite.run('backup');
  expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
  expect(await alertsOf(suite.home)).toHaveLength(1);
  expect(await host.leftovers()).toEqual([]);
}

it('an execution that somebody stops has its command cancelled, its lock released and its failure told', async () => {
  await host.hostTool.replace('tar', '[[ " $* " == *\' --create \'* ]] || exec "$REAL" "$@"\nexec sleep 1000');
  const command = await suite.start('backup');
  await command.waitForLine(/▸ Capture the volume/);
  await until(async () => (await host.leftovers()).some((said) => STALLED.test(said)), 60_000, 'the archiver stalls');
  const client = new SFNClient(await engineOf(suite.home));
  const { json: status } = await suite.run('status');
  await client.send(
    new StopExecutionCommand({ executionArn: status.running[0]!.executionArn, cause: 'Stopped in the console.' }),
  );
  client.destroy();

  const { exitCode, json } = await command.done;
  expect([exitCode, json.outcome, json.error?.name]).toEqual([1, 'failed', 'Aborted']);
  expect(json.error!.message).toContain('Stopped in the console.');
  expect(await host.leftovers()).toEqual([]);
  const { lock, running } = (await suite.run('status')).json;
  expect([lock, running]).toEqual([null, []]);
  const [point] = (await suite.run('list')).json.points;
  expect(point).toMatchObject({ state: 'failed', restorable: false, reason: { name: 'Aborted' } });
  expect((await alertsOf(suite.home)).map(({ subject }) => subject)).toEqual([
    `${suite.name}: backup failed: Aborted (${point!.id})`,
  ]);
  await host.hostTool.reset();
  await provenAgain();
});

it('a failure is told by the machine itself when the function that words it fails', async () => {
  await suite.run('list');
  const edited = new EditedAssembly(suite.home, suite.name);
  const broken = 'throw new Error("no words");';
  await edited.function('announce', (code) => broken + code);
  await uploads.delete('invoice.txt');
  const { exitCode, json } = await suite.run('backup');
  expect([exitCode, json.error?.name]).toEqual([3, 'SourceEmpty']);
  const [alert, ...more] = await alertsOf(suite.home);
  expect(more).toEqual([]);
  expect(alert!.subject).toBe(`${suite.name}: backup failed: SourceEmpty`);
  expect(alert!.message).toMatch(/^SourceEmpty: .*uploads.*\(arn:aws:states:.*\)$/s);

  await edited.function('announce', (code) => code.slice(broken.length));
  await uploads.write({ 'invoice.txt': '100' });
  await provenAgain();
});
