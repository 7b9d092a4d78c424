import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { TestHost, Volume } from '../support/test-host.ts';

const MB = 1_000_000;
const WHY = 'old uploads were archived in October; "all" of them, $(really)';

let host: TestHost;
let uploads: Volume;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads');
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
});
afterAll(() => host.remove());

/** A backup of that many bytes, which do not compress. */
async function backupOf(bytes: number) {
  await uploads.write({ photos: randomBytes(bytes) });
  return suite.run('backup');
}

it('raises nothing when it shrinks by less than half, or by less than a megabyte', async () => {
  for (const bytes of [3.2 * MB, 1.7 * MB, 0.8 * MB, 3.2 * MB]) {
    const { exitCode, json } = await backupOf(bytes);
    expect([bytes, exitCode, json.outcome]).toEqual([bytes, 0, 'proven']);
  }
  expect(await alertsOf(suite.home)).toEqual([]);
});

it('is stored, verified and unproven when it shrank to under half against the last proven point', async () => {
  const { exitCode, json } = await backupOf(1.2 * MB);
  expect([exitCode, json.outcome, json.error?.name]).toEqual([5, 'unproven', 'VerificationFailed']);
  expect(json.point).toMatchObject({ state: 'unproven', restorable: false, reason: { name: 'Anomaly', source: 'uploads' } });
  expect(json.point!.reason!.message).toMatch(/^uploads shrank from 32\d{5} bytes in \d{8}T\d{6}Z to 12\d{5}\.$/);
  const alerts = await alertsOf(suite.home);
  expect(alerts).toHaveLength(1);
  expect(alerts[0]!.message).toContain('uploads shrank from');
  const [proof] = (await suite.run('show', json.point!.id)).json.proofs;
  const failed = proof!.checks.filter(({ ok }) => !ok);
  expect(failed).toMatchObject([{ kind: 'object', source: 'uploads', actual: { bytes: expect.any(Number) } }]);
});

it('is proven once somebody accepts it, and is the new reference', async () => {
  const refused = await suite.run('verify', 'latest');
  expect([refused.exitCode, refused.json.point?.reason?.name]).toEqual([5, 'Anomaly']);

  const accepted = await suite.run('verify', 'latest', '--accept-anomaly', WHY);
  expect([accepted.exitCode, accepted.json.proof?.ok]).toEqual([0, true]);
  expect(accepted.json.point).toMatchObject({ state: 'proven', restorable: true, reason: null });
  expect(accepted.json.proof).toMatchObject({ acceptedAnomaly: { who: `${userInfo().username}@${hostname()}`, why: WHY } });
  const said = accepted.json.proof!.checks.filter(({ message }) => message.includes('shrank'));
  expect(said).toMatchObject([{ ok: true, message: expect.stringContaining('that was accepted') }]);

  const next = await backupOf(1.2 * MB);
  expect([next.exitCode, next.json.outcome, next.json.warnings]).toEqual([0, 'proven', []]);
  expect(await alertsOf(suite.home)).toHaveLength(2);
  expect(await host.leftovers()).toEqual([]);
});
