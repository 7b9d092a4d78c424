import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RetainedSuite, RetainMachine } from '../retain/retained-suite.ts';
import { type Handler, WithVault } from '../with-vault.ts';

const vault = WithVault.forThisFile();
const SOURCE = { kind: 'volume', name: 'uploads', volume: 'uploads', exclude: [], optional: false };
const ARN = 'arn:aws:states:us-east-1:000000000000:execution:shop-backup-backup:run-1';

let machine: RetainMachine;
let plan: Handler;
let planProof: Handler;
let suite: RetainedSuite;
let suites = 0;
beforeAll(async () => {
  machine = await RetainMachine.open(vault);
  plan = await vault.handler(import('../../../functions/backup/plan.ts'));
  planProof = await vault.handler(import('../../../functions/verify/plan-proof.ts'));
});
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  suite = new RetainedSuite(`shop${suites++}`, machine);
  const lock = { schema: 'suite-backup.lock.v1', executionArn: ARN, workflow: 'backup', since: '', id: null, request: null };
  await vault.put(`${suite.name}/lock.json`, JSON.stringify(lock));
});
afterEach(() => void vi.useRealTimers());

interface Planned {
  outcome: string;
  id: string;
  previousId: string | null;
  warnings: { name: string }[];
  sources: { parameters: { expectedBytes: string } }[];
}

async function planAt(time: string, scheduledFor: string | null = null): Promise<Planned> {
  vi.setSystemTime(new Date(time));
  const request = { tier: 'daily', trigger: 'schedule', label: null, scheduledFor };
  return (await plan({ suite: suite.name, executionArn: ARN, request, sources: [SOURCE] })) as unknown as Planned;
}

describe('a clock that was set back', () => {
  it('makes the next point the newest all the same, and never one that is there already; that is a warning', async () => {
    const first = await planAt('2026-12-10T02:00:00Z');
    await suite.seal(first.id);
    for (const [time, id] of [
      ['2026-12-09T02:00:00Z', '20261210T020001Z'],
      // Even 100 days, which is more than one looks back.
      ['2026-09-01T02:00:00Z', '20261210T020002Z'],
      ['2026-12-10T02:00:02Z', '20261210T020003Z'],
    ] as const) {
      const planned = await planAt(time);
      expect([planned.id, planned.previousId! < planned.id]).toEqual([id, true]);
      expect(planned.warnings.map(({ name }) => name)).toEqual(time < '2026-12-10' ? ['ClockBehind'] : []);
      await suite.proven(planned.id);
      expect((await suite.settle()).ok).toBe(true);
    }
    expect(await vault.keys(`${suite.name}/recovery-points/`)).toHaveLength(4);
    for (const id of ['20261210T020002Z', '20261210T020003Z']) expect(await suite.tags(id)).toBe('pinned');
  });

  it('does not let a proof that fails go unnoticed behind an older one that passed', async () => {
    const { id } = await planAt('2026-12-10T02:00:00Z');
    await suite.proven(id);
    vi.setSystemTime(new Date('2026-12-10T01:00:00Z'));
    const proof = await planProof({ suite: suite.name, account: '1', id, checks: [], crossChecks: [], address: null, port: 1 });
    expect(proof.proofId).toMatch(/^20261210T020001Z-[0-9a-f]{6}$/);
  });
});

describe('a scheduled time', () => {
  it('that has its point is done, whatever the clock says', async () => {
    const { id } = await planAt('2026-12-10T02:00:00Z', '2026-12-10T02:00:00Z');
    await suite.seal(id, 'daily', { scheduledFor: '2026-12-10T02:00:00Z' });
    for (const time of ['2026-12-10T02:00:00Z', '2026-12-10T02:59:00Z', '2026-12-10T01:00:00Z'])
      expect(await planAt(time, '2026-12-10T02:00:00Z')).toEqual({ outcome: 'AlreadyDone', id });
    expect((await planAt('2026-12-11T02:00:00Z', '2026-12-11T02:00:00Z')).outcome).toBe('Planned');
  });

  it('is planned by nobody but the run that holds the lock', async () => {
    const request = { tier: 'daily', trigger: 'schedule', label: null, scheduledFor: '2026-12-10T02:00:00Z' };
    const other = plan({ suite: suite.name, executionArn: `${ARN}2`, request, sources: [SOURCE] });
    await expect(other).rejects.toMatchObject({ name: 'LockHeld' });
  });
});

it('after a pause of 60 days the last point is still the one before, and tells how large the next may be', async () => {
  const first = await planAt('2026-12-10T02:00:00Z');
  await suite.seal(first.id);
  const { previousId, sources } = await planAt('2027-02-08T02:00:00Z');
  expect([previousId, sources[0]!.parameters.expectedBytes]).toEqual([first.id, String(2 * 2 * first.id.length)]);
});
