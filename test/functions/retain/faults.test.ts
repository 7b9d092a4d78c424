import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { idOf } from '../../../functions/contract/ids.ts';
import { AccessDenied } from '../../../lib/local-engine/policies/access-denied.ts';
import { S3Error } from '../../../lib/local-engine/s3/s3-error.ts';
import { suiteLifecycle } from '../../lib/suite-machines.ts';
import { WithVault } from '../with-vault.ts';
import { POLICY, RetainedSuite, RetainMachine } from './retained-suite.ts';

const vault = WithVault.forThisFile();
let machine: RetainMachine;
let suite: RetainedSuite;
beforeAll(async () => {
  machine = await RetainMachine.open(vault);
});

let suites = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  suite = new RetainedSuite(`shop${suites++}`, machine);
});
afterEach(() => {
  vi.useRealTimers();
  vault.guard = () => {};
});

/** Sets the clock to 02:00 of a day of December. */
function on(day: number): string {
  vi.setSystemTime(new Date(Date.UTC(2026, 11, day, 2)));
  return idOf(new Date());
}

/** Two points that are held, and a third that is not yet. */
async function beforeTheThird(): Promise<{ held: [string, string]; third: string }> {
  const held: [string, string] = [await suite.proven(on(1)), await suite.proven(on(2))];
  await suite.settle();
  return { held, third: await suite.proven(on(3)) };
}

/** Lets so many tags be written and answers every further one with an error. */
function failTags(after: number, error: () => Error, times = Number.POSITIVE_INFINITY): void {
  let [written, failed] = [0, 0];
  vault.guard = ({ action }) => {
    if (!/^s3:PutObject(Version)?Tagging$/.test(action)) return;
    if (written++ < after || failed++ >= times) return;
    throw error();
  };
}

const settleAt = (before: (step: string) => unknown) => suite.settle({}, POLICY, undefined, before);

/** Does something once, before any of these steps is carried out. */
function once(step: string, work: () => unknown): (begun: string) => unknown {
  let done: unknown;
  return (begun) => {
    if (begun === step) done ??= work();
    return done;
  };
}

describe('tagging that fails half way', () => {
  const denied = () => new AccessDenied('User: apply is not authorized to perform: s3:PutObjectVersionTagging');
  const broken = () => new S3Error('InternalError', 'We encountered an internal error. Please try again.');

  // The third point has four objects; after them the first is given its tier back, which has four, too.
  it.each([0, 1, 3, 4, 6])(
    'after %d tags is told by name, lets nothing go that is held, and is finished by the next run',
    async (after) => {
      const { held, third } = await beforeTheThird();
      failTags(after, denied);
      const { ok, cause } = await suite.settle();
      expect(ok).toBe(false);
      expect(cause).toContain(`${after < 4 ? third : held[0]}: AccessDenied: User: apply is not authorized`);
      expect(await suite.tags(held[1])).toBe('pinned');
      expect(await suite.tags(after < 4 ? held[0] : third)).toBe('pinned');
      vault.guard = () => {};
      expect(await suite.settle()).toEqual({ ok: true, cause: '', told: [] });
      for (const id of [held[1], third]) expect(await suite.tags(id)).toBe('pinned');
      expect(await suite.tags(held[0])).toBe('yearly');
    },
  );

  it('because S3 is broken for a moment is tried again within the run', async () => {
    const { held, third } = await beforeTheThird();
    failTags(2, broken, 1);
    expect(await suite.settle()).toEqual({ ok: true, cause: '', told: [] });
    for (const id of [held[1], third]) expect(await suite.tags(id)).toBe('pinned');
  });

  it('because S3 stays broken is told by name, and what was held before stays held', async () => {
    const { held, third } = await beforeTheThird();
    failTags(2, broken);
    const { ok, cause } = await suite.settle();
    expect([ok, cause]).toEqual([false, expect.stringContaining(`${third}: Unexpected: InternalError: We encountered`)]);
    for (const id of held) expect(await suite.tags(id)).toBe('pinned');
  });
});

describe('an expiry that races a decision', () => {
  it.each([
    ['an artifact', 'archive'],
    ['the manifest', 'manifest'],
  ] as const)(
    'and hides %s of the point that is about to be held is told; the next run shows it again and holds it',
    async (_, what) => {
      const { held, third } = await beforeTheThird();
      const { ok, cause } = await settleAt(once('Hold the point', () => suite.hide(suite[what](third))));
      expect([ok, cause]).toEqual([false, expect.stringContaining(`${third}: ObjectsHidden: ${suite[what](third)}`)]);
      for (const id of held) expect(await suite.tags(id)).toBe('pinned');
      const next = await suite.settle();
      expect(next).toMatchObject({ ok: true, told: [expect.stringContaining(suite[what](third))] });
      for (const id of [held[1], third]) expect(await suite.tags(id)).toBe('pinned');
      expect(await suite.decided()).toMatchObject({ [third]: 'floor daily', [held[1]]: 'floor daily' });
    },
  );

  it('and takes the whole point for good leaves the older ones held, and the next run does not count it', async () => {
    const { held, third } = await beforeTheThird();
    const { ok, told } = await settleAt(
      once('Hold the point', async () => {
        for (const key of [suite.archive(third), suite.manifest(third)]) await suite.destroy(key);
      }),
    );
    expect([ok, told]).toEqual([false, []]);
    for (const id of held) expect(await suite.tags(id)).toBe('pinned');
    await suite.settle();
    for (const id of held) expect(await suite.tags(id)).toBe('pinned');
    expect(await suite.decided()).toMatchObject({ [held[0]]: 'floor yearly', [held[1]]: 'floor daily' });
  });

  it('never takes one of the newest proven points, in whatever step of a run the rules are carried out', async () => {
    await vault.expireBy(suiteLifecycle(suite.name));
    const steps = ['Decide what stays and what goes', 'Hold the point', 'Give the point its time back', 'none'];
    const proven: string[] = [];
    for (let day = 1; day <= 14; day++) {
      const id = await suite.seal(on(day));
      await suite.prove(id, day % 5 !== 0);
      if (day % 5 !== 0) proven.push(id);
      const expire = once(steps[day % steps.length]!, () => vault.s3.s3.carryOutLifecycle());
      expect(await settleAt(expire), `day ${day}`).toMatchObject({ ok: true, told: [] });
      for (const newest of proven.slice(-2)) {
        expect(await suite.tags(newest), `${newest} on day ${day}`).toBe('pinned');
        expect(await suite.isThere(suite.archive(newest))).toBe(true);
      }
    }
    vi.setSystemTime(new Date(Date.UTC(2027, 11, 14)));
    await vault.s3.s3.carryOutLifecycle();
    // The first point of the year stays for ever; the first ones of weeks are gone.
    expect(await vault.keys(`${suite.name}/recovery-points/`)).toEqual(
      [proven[0]!, ...proven.slice(-2)].map((id) => suite.manifest(id)),
    );
  });
});

describe('a point that turned out to be damaged', () => {
  it('stays with what is left of it, however old it gets, and is told once', async () => {
    await vault.expireBy(suiteLifecycle(suite.name));
    const { third } = await beforeTheThird();
    await suite.destroy(suite.archive(third));
    expect((await suite.settle()).told).toHaveLength(1);
    for (const day of [10, 15, 16, 20]) {
      on(day);
      await vault.s3.s3.carryOutLifecycle();
      expect(await suite.settle(), `day ${day}`).toEqual({ ok: true, cause: '', told: [] });
      expect(await suite.isThere(suite.manifest(third)), `day ${day}`).toBe(true);
    }
    expect(await suite.tags(third)).toBe('pinned');
  });
});
