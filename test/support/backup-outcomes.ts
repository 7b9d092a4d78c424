import { expect } from 'vitest';
import { type Alert, alertsOf } from './alerts.ts';
import type { Suite } from './cli.ts';
import type { Documents, Verb } from './contract.ts';
import type { Result } from './running-command.ts';

export interface FailedBackup {
  backup: Documents['backup'];
  /** The only one that the run raised. */
  alert: Alert;
}

/**
 * Runs a backup that must fail, and checks what people rely on whatever the reason was: exit code and name, a point that is listed but
 * that nobody may restore, one alert, and nothing left behind on the host.
 */
export async function failedBackup(suite: Suite, exitCode: 1 | 3 | 5, name: string): Promise<FailedBackup> {
  const before = (await alertsOf(suite.home)).length;
  return judgeFailedBackup(suite, await suite.run('backup'), { exitCode, name, before });
}

/** The same for a run that was started otherwise; `before`: so many alerts there were then. */
export async function judgeFailedBackup(
  suite: Suite,
  run: Result<Documents['backup']>,
  expected: { exitCode: 1 | 3 | 5; name: string; before: number },
): Promise<FailedBackup> {
  const { json } = run;
  const state = expected.exitCode === 5 ? 'unproven' : 'failed';
  expect([run.exitCode, json.exitCode, json.ok, json.outcome, json.error?.name], run.stderr).toEqual([
    expected.exitCode,
    expected.exitCode,
    false,
    state,
    expected.name,
  ]);
  expect(json.point).toMatchObject({ state, restorable: false });
  const { points } = (await succeed(suite, 'list')).json;
  expect(points.find(({ id }) => id === json.point!.id)).toEqual(json.point);

  const alerts = (await alertsOf(suite.home)).slice(expected.before);
  expect(alerts, 'alerts of this run').toHaveLength(1);
  expect(alerts[0]!.subject).toContain(expected.name);
  expect(await suite.host.leftovers()).toEqual([]);
  return { backup: json, alert: alerts[0]! };
}

/** Runs a verb that must end with 0. */
export async function succeed<V extends Verb>(suite: Suite, verb: V, ...words: string[]): Promise<Result<Documents[V]>> {
  const run = await suite.run(verb, ...words);
  expect([run.exitCode, run.json.ok, run.json.error], run.stderr).toEqual([0, true, null]);
  return run;
}

/** Runs a backup that must be proven; gives its document back. */
export async function provenBackup(suite: Suite): Promise<Documents['backup']> {
  const { json } = await succeed(suite, 'backup');
  expect([json.outcome, json.point?.state, json.point?.restorable, json.point?.reason]).toEqual(['proven', 'proven', true, null]);
  expect(await suite.host.leftovers()).toEqual([]);
  return json;
}
