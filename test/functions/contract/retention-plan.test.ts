import { describe, expect, it } from 'vitest';
import { idOf, timeOf } from '../../../functions/contract/ids.ts';
import { PERIODIC, periodOf } from '../../../functions/contract/periods.ts';
import {
  type Decision,
  decide,
  isLonger,
  leavesAfter,
  leavesAt,
  type RetentionPolicy,
  type StoredPoint,
} from '../../../functions/contract/retention-plan.ts';
import { TIERS, type Tier } from '../../../functions/contract/tiers.ts';
import { seeded } from '../../support/seeded.ts';

const POLICY: RetentionPolicy = {
  timeZone: 'Etc/UTC',
  days: { daily: 7, weekly: 28, monthly: 372, yearly: null },
  colder: { daily: null, weekly: null, monthly: { storageClass: 'GLACIER_IR', afterDays: 30 }, yearly: null },
  minimumProven: 2,
};
const DAY = 86_400_000;

function point(time: string, more: Partial<StoredPoint> = {}): StoredPoint {
  const storedAt = new Date(time);
  return { id: idOf(storedAt), storedAt, proven: true, asked: 'daily', decided: null, ...more };
}

const held = (points: readonly StoredPoint[], now: string, policy = POLICY) =>
  decide(points, policy, new Date(now)).map(({ id, hold, tier }) => [id.slice(4, 8), hold, tier]);

describe('S3 lets an object go', () => {
  it.each([
    // The example of the S3 user guide.
    ['2014-01-15T10:30:00Z', 3, '2014-01-19T00:00:00Z'],
    ['2028-02-28T23:59:59Z', 1, '2028-03-01T00:00:00Z'],
    ['2027-02-28T00:00:01Z', 1, '2027-03-02T00:00:00Z'],
    ['2026-12-31T02:00:00Z', 7, '2027-01-08T00:00:00Z'],
  ])('stored at %s, after %d days at the midnight of %s', (stored, days, leaves) => {
    expect(leavesAfter(new Date(stored), days)).toEqual(new Date(leaves));
  });
});

describe('the longest tier wins', () => {
  it('the first proven point of a year stands for year, month and week; the next of the same week for nothing more', () => {
    const points = ['2027-01-01T02:00:00Z', '2027-01-02T02:00:00Z', '2027-01-03T02:00:00Z', '2027-01-04T02:00:00Z'];
    expect(
      held(
        points.map((time) => point(time)),
        '2027-01-04T03:00:00Z',
      ),
    ).toEqual([
      ['0101', 'tier', 'yearly'],
      ['0102', 'tier', 'daily'],
      ['0103', 'floor', 'weekly'],
      ['0104', 'floor', 'daily'],
    ]);
  });

  it('a missed month-end promotes the next proven point', () => {
    const points = [
      point('2026-10-01T02:00:00Z', { decided: { hold: 'tier', tier: 'yearly' } }),
      point('2026-11-30T02:00:00Z'),
      point('2026-12-01T02:00:00Z', { proven: false }),
      point('2026-12-02T02:00:00Z'),
      point('2026-12-03T02:00:00Z'),
    ];
    expect(held(points, '2026-12-03T03:00:00Z')).toEqual([
      ['1001', 'tier', 'yearly'],
      ['1130', 'tier', 'monthly'],
      ['1201', 'tier', 'daily'],
      ['1202', 'floor', 'monthly'],
      ['1203', 'floor', 'daily'],
    ]);
  });

  it('a point that lost its proof no longer stands for its month: another one of it does, and nothing is taken from the first', () => {
    const points = [
      point('2026-01-01T02:00:00Z', { decided: { hold: 'tier', tier: 'yearly' } }),
      point('2026-12-01T02:00:00Z', { decided: { hold: 'tier', tier: 'monthly' }, proven: false }),
      point('2026-12-02T02:00:00Z', { decided: { hold: 'floor', tier: 'daily' } }),
    ];
    expect(held(points, '2026-12-03T03:00:00Z').slice(1)).toEqual([
      ['1201', 'tier', 'monthly'],
      ['1202', 'floor', 'monthly'],
    ]);
  });

  it('the run that asked for a tier stands for the period; the one an hour before, which was promoted, steps back', () => {
    const year = point('2026-01-01T02:00:00Z', { decided: { hold: 'tier', tier: 'yearly' } });
    const month = point('2026-11-01T02:00:00Z', { decided: { hold: 'tier', tier: 'monthly' } });
    const daily = point('2026-11-29T02:00:00Z');
    expect(held([year, month, daily], '2026-11-29T02:10:00Z').at(-1)).toEqual(['1129', 'floor', 'weekly']);
    const full = point('2026-11-29T03:00:00Z', { asked: 'weekly' });
    const promoted = { ...daily, decided: { hold: 'floor', tier: 'weekly' } } as const;
    expect(held([year, month, promoted, full], '2026-11-29T03:10:00Z').slice(-2)).toEqual([
      ['1129', 'floor', 'daily'],
      ['1129', 'floor', 'weekly'],
    ]);
  });

  it('but what was promised is not shortened so far that it goes at once', () => {
    const year = point('2026-01-01T02:00:00Z', { decided: { hold: 'tier', tier: 'yearly' } });
    const first = point('2026-11-01T02:00:00Z', { decided: { hold: 'tier', tier: 'monthly' } });
    const asked = point('2026-11-20T02:00:00Z', { asked: 'monthly' });
    const newest = [point('2026-11-27T02:00:00Z'), point('2026-11-28T02:00:00Z')];
    expect(held([year, first, asked, ...newest], '2026-11-28T03:00:00Z')[1]).toEqual(['1101', 'tier', 'monthly']);
  });
});

describe('the newest proven points', () => {
  const history = [1, 2, 3, 4, 5].map((day) => point(`2026-11-1${day}T02:00:00Z`, { decided: { hold: 'tier', tier: 'daily' } }));

  it('are held, and no unproven or pruned one is counted among them', () => {
    const points = history.map((each, index) =>
      index === 4
        ? { ...each, proven: false }
        : index === 3
          ? { ...each, decided: { hold: 'pruned', tier: 'daily' } as const }
          : each,
    );
    expect(held(points, '2026-11-15T03:00:00Z')).toEqual([
      ['1111', 'tier', 'yearly'],
      ['1112', 'floor', 'daily'],
      ['1113', 'floor', 'daily'],
      ['1115', 'tier', 'daily'],
    ]);
  });

  it('are not sought among those that go within two days: S3 may have begun to remove them', () => {
    const points = [point('2026-11-10T02:00:00Z'), point('2026-11-14T02:00:00Z')];
    expect(held(points, '2026-11-16T03:00:00Z')).toEqual([
      ['1110', 'tier', 'daily'],
      ['1114', 'floor', 'yearly'],
    ]);
  });

  it('stay however long no backup is made', () => {
    const points = history.map((each, index) =>
      index < 3 ? each : { ...each, decided: { hold: 'floor', tier: 'daily' } as const },
    );
    expect(held(points, '2036-11-15T03:00:00Z')).toEqual([
      ['1114', 'floor', 'yearly'],
      // A Sunday.
      ['1115', 'floor', 'weekly'],
    ]);
  });

  it('stay when a later proof of them fails, without being counted: nothing is let go for a proof', () => {
    const floor = { hold: 'floor', tier: 'daily' } as const;
    const points = [history[2]!, { ...history[3]!, decided: floor }, { ...history[4]!, decided: floor, proven: false }];
    expect(held(points, '2026-11-15T03:00:00Z')).toEqual([
      ['1113', 'floor', 'yearly'],
      ['1114', 'floor', 'daily'],
      ['1115', 'damaged', 'daily'],
    ]);
    expect(held(points, '2036-11-15T03:00:00Z')).toEqual([
      ['1114', 'floor', 'yearly'],
      ['1115', 'damaged', 'daily'],
    ]);
    const again = [points[1]!, { ...points[2]!, decided: { hold: 'damaged', tier: 'daily' } as const, proven: true }];
    expect(held(again, '2036-11-15T03:00:00Z').at(-1)).toEqual(['1115', 'floor', 'weekly']);
  });

  it('that an operator no longer keeps are held all the same, and others go when their days are over', () => {
    const kept = { hold: 'kept', tier: 'daily' } as const;
    const points = history.map((each) => ({ ...each, decided: kept }));
    const now = new Date('2036-11-15T03:00:00Z');
    const hold = (id: string) => decide(points, POLICY, now, id).find((each) => each.id === id)?.hold;
    expect(points.map(({ id }) => hold(id))).toEqual(['tier', 'tier', 'tier', 'floor', 'floor']);
    const unproven = { ...history[4]!, decided: kept, proven: false };
    expect(decide([unproven], POLICY, now, unproven.id)).toMatchObject([{ hold: 'tier' }]);
  });

  it('that an operator keeps stay kept, in the floor or out of it', () => {
    const kept = { hold: 'kept', tier: 'daily' } as const;
    expect(
      held(
        [{ ...history[0]!, decided: kept }, ...history.slice(1, 4), { ...history[4]!, decided: kept }],
        '2026-11-15T03:00:00Z',
      ),
    ).toEqual([
      ['1111', 'kept', 'yearly'],
      ['1112', 'tier', 'daily'],
      ['1113', 'tier', 'daily'],
      ['1114', 'floor', 'daily'],
      ['1115', 'kept', 'weekly'],
    ]);
  });
});

/** A vault as S3 would keep it: what is tagged goes at its time; decisions are carried out when a run ends well enough to decide. */
function live(seed: number, days: number, policy: RetentionPolicy) {
  const random = seeded(seed);
  const chance = (part: number) => random() < part;
  const vault = new Map<string, StoredPoint>();
  const found: string[] = [];
  let now = Date.parse('2026-02-20T02:00:00Z') + Math.floor(random() * 700) * DAY;
  let stopped = 0;
  let provenEver = 0;
  const expire = () => {
    for (const [id, each] of vault) {
      const leaves = leavesAt(each, each.decided ?? { hold: 'tier', tier: each.asked }, policy);
      if (leaves !== null && leaves.getTime() <= now) vault.delete(id);
    }
  };
  for (let day = 0; day < days; day++) {
    now += DAY + Math.floor((random() - 0.5) * 3_600_000);
    // S3 removes at midnight, hence before the run of the day; a clock that jumps is off by hours, S3's own is not.
    expire();
    if (stopped > 0) stopped -= 1;
    else if (chance(0.01)) stopped = Math.floor(random() * 60);
    if (stopped > 0 || chance(0.1)) continue;
    const clock = chance(0.03) ? now + Math.floor((random() - 0.5) * 40 * 3_600_000) : now;
    const newest = [...vault.keys()].sort().at(-1);
    const id =
      newest !== undefined && idOf(new Date(clock)) <= newest
        ? idOf(new Date(timeOf(newest).getTime() + 1000))
        : idOf(new Date(clock));
    const asked: Tier = chance(0.12) ? TIERS[Math.floor(random() * TIERS.length)]! : 'daily';
    const proven = !chance(day % 200 > 170 ? 1 : 0.1);
    vault.set(id, { id, storedAt: new Date(now), proven, asked, decided: null });
    // A later proof of an old point may fail.
    if (chance(0.02)) {
      const old = [...vault.values()][Math.floor(random() * vault.size)]!;
      vault.set(old.id, { ...old, proven: chance(0.5) });
    }
    const decisions = decide([...vault.values()], policy, new Date(now));
    const inOrder = [...decisions].sort((one, other) => Number(lengthens(other)) - Number(lengthens(one)));
    // The run is killed somewhere: what would let points go comes last, so it is what is missing.
    const done = chance(0.05) ? inOrder.slice(0, Math.floor(random() * inOrder.length)) : inOrder;
    for (const { id: decided, hold, tier } of done) vault.set(decided, { ...vault.get(decided)!, decided: { hold, tier } });
    if (proven) provenEver += 1;
    const stillProven = [...vault.values()].filter((each) => each.proven);
    const neverLeave = stillProven.filter((each) => each.decided && ['floor', 'kept'].includes(each.decided.hold));
    if (done === inOrder && neverLeave.length < Math.min(policy.minimumProven, stillProven.length))
      found.push(`${idOf(new Date(now))}: ${neverLeave.length} of ${stillProven.length}`);
  }
  now += 3650 * DAY;
  expire();
  return { found, left: [...vault.values()].filter((each) => each.proven).length, provenEver };

  function lengthens({ id, hold, tier }: Decision): boolean {
    const before = vault.get(id)!;
    return isLonger(
      leavesAt(before, { hold, tier }, policy),
      leavesAt(before, before.decided ?? { hold: 'tier', tier: before.asked }, policy),
    );
  }
}

describe('no history leads to fewer than the floor', () => {
  it.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    'history %d: skipped runs, failed proofs, clocks that jump, runs that die',
    (seed) => {
      const minimumProven = 1 + (seed % 4);
      const policy = { ...POLICY, minimumProven, days: { ...POLICY.days, yearly: seed % 2 === 0 ? 366 : null } };
      const { found, left, provenEver } = live(seed, 500, policy);
      expect(found).toEqual([]);
      expect(provenEver).toBeGreaterThan(50);
      // Ten years after the last backup.
      expect(left).toBeGreaterThanOrEqual(minimumProven);
    },
  );

  it('and every period in which something was proven has its point, as long as its tier lasts', () => {
    const points: StoredPoint[] = [];
    let decided = new Map<string, StoredPoint['decided']>();
    const random = seeded(7);
    const start = Date.parse('2026-01-01T02:00:00Z');
    for (let day = 0; day < 800; day++) {
      const now = start + day * DAY;
      if (random() < 0.2) continue;
      points.push(point(new Date(now).toISOString(), { proven: random() < 0.8 }));
      const here = points.map((each) => ({ ...each, decided: decided.get(each.id) ?? null }));
      decided = new Map([
        ...decided,
        ...decide(here, POLICY, new Date(now)).map(({ id, hold, tier }) => [id, { hold, tier }] as const),
      ]);
    }
    const end = new Date(start + 800 * DAY);
    for (const tier of PERIODIC) {
      const days = POLICY.days[tier] ?? 10_000;
      const lasting = points.filter(({ storedAt }) => leavesAfter(storedAt, days) > end);
      const periods = Map.groupBy(lasting, ({ id }) => periodOf(tier, timeOf(id), 'Etc/UTC'));
      const without = [...periods].filter(([, here]) => {
        const whole = here.some(({ proven }) => proven);
        return whole && !here.some(({ id }) => TIERS.indexOf(decided.get(id)?.tier ?? 'daily') >= TIERS.indexOf(tier));
      });
      // The oldest period may have lost its first point to the end of the tier.
      expect(without.slice(1)).toEqual([]);
    }
  });
});
