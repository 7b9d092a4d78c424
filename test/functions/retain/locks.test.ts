import { GetObjectRetentionCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { idOf } from '../../../functions/contract/ids.ts';
import { VERSIONED } from '../../lib/local-engine/s3/s3-server.ts';
import { WithVault } from '../with-vault.ts';
import { POLICY, RetainedSuite, RetainMachine } from './retained-suite.ts';

const LOCK = { mode: 'governance', days: { daily: 5, weekly: 28, monthly: 60, yearly: 90 } };
const vault = WithVault.forThisFile({ OBJECT_LOCK: JSON.stringify(LOCK) });
let machine: RetainMachine;
let suite: RetainedSuite;
beforeAll(async () => {
  await vault.s3.s3.createBucket(vault.bucket, { ...VERSIONED, ObjectLockEnabled: true });
  machine = await RetainMachine.open(vault);
});

let suites = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  suite = new RetainedSuite(`shop${suites++}`, machine);
});
afterEach(() => void vi.useRealTimers());

const at = (day: number) => new Date(Date.UTC(2026, 11, day, 2));

/** Sets the clock to 02:00 of a day of December. */
function on(day: number): string {
  vi.setSystemTime(at(day));
  return idOf(new Date());
}

async function lockOf(key: string): Promise<Date | undefined> {
  const { Retention } = await vault.s3.client.send(new GetObjectRetentionCommand({ Bucket: vault.bucket, Key: key }));
  return Retention?.RetainUntilDate;
}

/** Until when each object of a point is locked: one date, if all are locked alike. */
async function locksOf(id: string): Promise<Date[]> {
  const prefixes = ['recovery-points/', 'artifacts/', 'proofs/'].map((name) => `${suite.name}/${name}${id}`);
  const keys = (await Promise.all(prefixes.map((prefix) => vault.keys(prefix)))).flat();
  expect(keys).toHaveLength(4);
  const dates = await Promise.all(keys.map(async (key) => (await lockOf(key))!.getTime()));
  return [...new Set(dates)].map((time) => new Date(time));
}

const lock = (key: string, until: Date) =>
  vault.s3.client.send(
    new PutObjectRetentionCommand({
      Bucket: vault.bucket,
      Key: key,
      Retention: { Mode: 'GOVERNANCE', RetainUntilDate: until },
    }),
  );

describe('the lock of a point that is held', () => {
  it('is made longer by every run, on all its objects and proofs', async () => {
    const id = await suite.proven(on(1), 'yearly');
    await suite.settle();
    expect(await locksOf(id)).toEqual([at(1 + 90)]);
    on(20);
    await suite.settle();
    expect(await locksOf(id)).toEqual([at(20 + 90)]);
  });

  it('is never made shorter', async () => {
    const id = await suite.proven(on(1), 'yearly');
    await lock(suite.archive(id), at(200));
    await suite.settle();
    expect(await lockOf(suite.archive(id))).toEqual(at(200));
    expect(await lockOf(suite.manifest(id))).toEqual(at(1 + 90));
  });

  it('lasts for the days of its tier, counted from now, also when an operator keeps it', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3)), await suite.proven(on(4))];
    await suite.settle();
    const who = { who: 'ana@desk', why: 'the audit' };
    on(6);
    expect(await suite.agents.keep({ suite: suite.name, policy: POLICY, action: 'keep', id: ids[1]!, ...who })).toEqual({
      outcome: 'Go',
    });
    expect(await locksOf(ids[1]!)).toEqual([at(11)]);
  });
});

describe('the lock of a point that goes in its time', () => {
  it('ends as many days after it was made as its tier says; one that was promoted is locked for its new tier', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3)), await suite.proven(on(4))];
    await suite.settle();
    // The first of its year.
    expect(await locksOf(ids[0]!)).toEqual([at(1 + 90)]);
    expect(await locksOf(ids[1]!)).toEqual([at(2 + 5)]);
    on(5);
    await suite.settle();
    expect(await locksOf(ids[1]!)).toEqual([at(2 + 5)]);
  });
});

describe('a proof of a point that goes in its time', () => {
  it('goes with it, and is locked as long, however late it comes', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3)), await suite.proven(on(4))];
    await suite.settle();
    on(5);
    await suite.prove(ids[1]!);
    const late = suite.proof(ids[1]!, suite.lastProof);
    expect(await suite.tag(late)).toBe('none');
    await suite.settle({ about: ids[1]! });
    expect(await suite.tag(late)).toBe('daily');
    expect(await lockOf(late)).toEqual(at(2 + 5));
  });
});

describe('a delete marker, which no lock keeps anybody from putting', () => {
  it('over a locked version is removed, and the lock below it stays', async () => {
    const id = await suite.proven(on(1), 'yearly');
    await suite.settle();
    for (const key of [suite.manifest(id), suite.archive(id)]) await suite.hide(key);
    expect((await suite.settle()).told).toEqual([expect.stringContaining('2 objects of recovery points were hidden')]);
    expect(await locksOf(id)).toEqual([at(1 + 90)]);
  });

  it('over the decision that a point is kept does not let it go, and is removed, too', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3)), await suite.proven(on(4))];
    await suite.settle();
    const request = { suite: suite.name, policy: POLICY, action: 'keep', id: ids[1]!, who: 'ana@desk', why: 'the audit' };
    await suite.agents.keep(request);
    const [kept] = (await vault.keys(`${suite.name}/retention/${ids[1]}/`)).slice(-1);
    await suite.hide(kept!);
    const { told } = await suite.settle();
    expect(told).toEqual([`1 objects of recovery points were hidden by delete markers, which were removed: ${kept}.`]);
    expect(await suite.tags(ids[1]!)).toBe('pinned');
    expect(await suite.isThere(kept!)).toBe(true);
  });
});
