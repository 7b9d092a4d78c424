import { describe, expect, it } from 'vitest';
import { idOf, timeOf } from '../../functions/contract/ids.ts';
import { keys } from '../../functions/contract/keys.ts';
import {
  type Decision,
  decide,
  howItLies,
  isLonger,
  isOver,
  leavesAt,
  type RetentionPolicy,
  type StoredPoint,
} from '../../functions/contract/retention-plan.ts';
import { RETENTION_TAG, TIERS, type Tier } from '../../functions/contract/tiers.ts';
import { tagOf } from '../../functions/retain/hold-point.ts';
import type { BucketProperties } from '../../lib/local-engine/s3/bucket-properties.ts';
import type { LifecycleConfiguration } from '../../lib/local-engine/s3/lifecycle.ts';
import { planLifecycle } from '../../lib/local-engine/s3/lifecycle-plan.ts';
import type { ObjectVersion, Version } from '../../lib/local-engine/s3/version.ts';
import { seeded } from '../support/seeded.ts';
import { suiteRetention } from './suite-machines.ts';

const SUITE = 'shop';
const DAY = 86_400_000;
/** An artifact may have been made on the day before its manifest, and its rule counts two days more. */
const ARTIFACTS_LATER = 3 * DAY;

type Part = 'manifest' | 'artifact' | 'proof';

/** A vault in memory, whose rules the local engine's own code carries out. Only their effects on versions are written down here once more. */
class Shelf {
  readonly #properties: BucketProperties;
  readonly #versions = new Map<string, Version[]>();
  #sequence = 0;

  constructor(LifecycleConfiguration: LifecycleConfiguration) {
    this.#properties = { VersioningConfiguration: { Status: 'Enabled' }, LifecycleConfiguration } as BucketProperties;
  }

  put(id: string, part: Part, stored: Date, tier: Tier): void {
    const key = keyOf(id, part);
    this.#versions.set(key, [
      {
        ...this.#entry(key, stored),
        deleteMarker: false,
        file: '',
        size: 1000,
        etag: '',
        headers: {},
        tags: [{ key: RETENTION_TAG, value: tier }],
      } as unknown as ObjectVersion,
    ]);
  }

  tag(id: string, value: string): void {
    for (const part of ['artifact', 'proof', 'manifest'] as const) {
      for (const version of this.#versions.get(keyOf(id, part)) ?? []) {
        if (!version.deleteMarker) version.tags = [{ key: RETENTION_TAG, value }];
      }
    }
  }

  isThere(id: string, part: Part): boolean {
    return this.#versions.get(keyOf(id, part))?.[0]?.deleteMarker === false;
  }

  carryOut(now: Date): void {
    for (const [key, versions] of this.#versions) {
      let left = versions;
      for (const { what, version } of planLifecycle(this.#properties, versions, now)) {
        if (what === 'expire') left = [{ ...this.#entry(key, now), deleteMarker: true }, ...left];
        if (what === 'remove') left = left.filter(({ versionId }) => versionId !== version.versionId);
      }
      if (left.length > 0) this.#versions.set(key, left);
      else this.#versions.delete(key);
    }
  }

  get size(): number {
    return this.#versions.size;
  }

  #entry(key: string, at: Date) {
    this.#sequence += 1;
    return { key, versionId: `v${this.#sequence}`, sequence: this.#sequence, lastModified: at.toISOString() };
  }
}

function keyOf(id: string, part: Part): string {
  if (part === 'manifest') return keys.manifest(SUITE, id);
  return part === 'artifact'
    ? `${keys.artifactPrefix(SUITE, id)}volume-uploads.a1.tar.zst`
    : keys.proof(SUITE, id, `${id}-a`, true);
}

/** A suite that lives: backups that are skipped, proofs that fail, runs that die, points that are kept, unkept and given up. */
class Life {
  readonly shelf: Shelf;
  readonly points = new Map<string, StoredPoint>();
  /** Where the plan and the shelf did not agree. */
  readonly wrong: string[] = [];
  readonly #policy: RetentionPolicy;
  readonly #chance: (part: number) => boolean;
  readonly #pick: (below: number) => number;
  now: Date;

  constructor(seed: number, policy: RetentionPolicy, lifecycle: LifecycleConfiguration) {
    const random = seeded(seed);
    this.shelf = new Shelf(lifecycle);
    this.#policy = policy;
    this.#chance = (part) => random() < part;
    this.#pick = (below) => Math.floor(random() * below);
    this.now = new Date(Date.parse('2026-02-20T02:00:00Z') + this.#pick(700) * DAY);
  }

  live(days: number): void {
    let stopped = 0;
    for (let day = 0; day < days; day++) {
      this.pass(DAY + this.#pick(7_200_000) - 3_600_000);
      stopped = stopped > 0 ? stopped - 1 : this.#chance(0.01) ? this.#pick(60) : 0;
      if (stopped > 0 || this.#chance(0.1)) continue;
      this.#backUp(!this.#chance(day % 150 > 120 ? 1 : 0.1));
      if (this.#chance(0.05)) this.#ask();
      this.settle(this.#chance(0.05));
    }
  }

  /** Time goes by; S3 does its work, and what is there must be what the plan says. */
  pass(milliseconds: number): void {
    this.now = new Date(this.now.getTime() + milliseconds);
    this.shelf.carryOut(this.now);
    for (const point of this.points.values()) {
      const leaves = leavesAt(point, howItLies(point), this.#policy);
      const late = leaves === null ? Number.NEGATIVE_INFINITY : this.now.getTime() - leaves.getTime();
      this.#expect(point.id, 'manifest', late < 0 ? true : late >= DAY ? false : null);
      // What was given up is not restored from: which of its objects goes first does not matter.
      const stays = late < 0 && howItLies(point).hold !== 'pruned';
      for (const part of ['artifact', 'proof'] as const)
        this.#expect(point.id, part, stays ? true : late >= ARTIFACTS_LATER + DAY ? false : null);
      if (late >= ARTIFACTS_LATER + DAY) this.points.delete(point.id);
    }
  }

  settle(dies = false, unkept: string | null = null): void {
    const decisions = decide([...this.points.values()], this.#policy, this.now, unkept);
    const inOrder = decisions.sort((one, other) => Number(this.#lengthens(other)) - Number(this.#lengthens(one)));
    const done = dies ? inOrder.slice(0, this.#pick(inOrder.length)) : inOrder;
    for (const decision of done) this.#carryOut(decision);
  }

  get proven(): StoredPoint[] {
    return [...this.points.values()].filter((point) => point.proven && !isOver(point, this.#policy, this.now));
  }

  #expect(id: string, part: Part, there: boolean | null): void {
    if (there !== null && this.shelf.isThere(id, part) !== there)
      this.wrong.push(`${idOf(this.now)}: the ${part} of ${id} is ${there ? 'gone' : 'still there'}`);
  }

  #backUp(proven: boolean): void {
    const id = idOf(this.now);
    const asked = this.#chance(0.12) ? TIERS[this.#pick(TIERS.length)]! : 'daily';
    const storedAt = new Date(this.now.getTime() + 60_000);
    // Its artifacts may have been stored before midnight.
    this.shelf.put(id, 'artifact', new Date(this.now.getTime() - this.#pick(6) * 3_600_000), asked);
    this.shelf.put(id, 'proof', storedAt, asked);
    this.shelf.put(id, 'manifest', storedAt, asked);
    this.points.set(id, { id, storedAt, proven, asked, decided: null });
  }

  /** An operator keeps a point, keeps it no longer, or gives one up, as far as keep and prune let him. */
  #ask(): void {
    const points = decide([...this.points.values()], this.#policy, this.now);
    const { id, hold, tier, asked } = points[this.#pick(points.length)]!;
    if (hold === 'kept') this.settle(false, id);
    else if (hold === 'tier') this.#carryOut({ id, hold: this.#chance(0.5) ? 'kept' : 'pruned', tier, asked });
  }

  #carryOut({ id, hold, tier }: Decision): void {
    this.shelf.tag(id, tagOf({ hold, tier }));
    this.points.set(id, { ...this.points.get(id)!, decided: { hold, tier } });
  }

  #lengthens({ id, hold, tier }: Decision): boolean {
    const point = this.points.get(id)!;
    return isLonger(leavesAt(point, { hold, tier }, this.#policy), leavesAt(point, howItLies(point), this.#policy));
  }
}

describe.each([
  ['as they are by default', {}],
  [
    'short, and with a floor of four',
    { daily: 3, weekly: 2, monthly: 2, yearly: 1, minimumProven: 4, colder: { monthly: null } },
  ],
  ['daily ones alone', { daily: 1, weekly: 1, monthly: 1, yearly: 1, minimumProven: 1, colder: { monthly: null } }],
])('the rules of the vault, %s,', (_, retention) => {
  const { policy, lifecycle } = suiteRetention(retention);

  it.each([1, 2, 3, 4, 5])('let every point go when the plan says so, and never one of the floor (history %d)', (seed) => {
    const life = new Life(seed, policy, lifecycle);
    life.live(350);
    expect(life.wrong).toEqual([]);
    expect(life.proven.length).toBeGreaterThan(policy.minimumProven);

    // From now on nothing happens but that time goes by: each point goes on the day that the plan for people said.
    life.settle();
    const plan = decide([...life.points.values()], policy, life.now);
    const goes = plan.map((each) => ({ id: each.id, at: leavesAt(life.points.get(each.id)!, each, policy) }));
    const midnight = Math.ceil(life.now.getTime() / DAY) * DAY;
    const days = Math.max(0, ...goes.map(({ at }) => (at === null ? 0 : at.getTime() - midnight) / DAY)) + 30;
    for (let day = 0; day < days; day++) {
      life.pass(midnight + day * DAY - life.now.getTime() + 1);
      const there = goes.filter(({ id }) => life.shelf.isThere(id, 'manifest')).map(({ id }) => id);
      const wanted = goes.filter(({ at }) => at === null || at > life.now).map(({ id }) => id);
      if (there.join() !== wanted.join()) throw new Error(`${idOf(life.now)}: there are ${there}, planned are ${wanted}`);
    }
    expect(life.wrong).toEqual([]);
    expect(life.proven.length).toBeGreaterThanOrEqual(policy.minimumProven);
    for (const { id } of life.proven) {
      expect(timeOf(id).getTime()).toBeLessThan(life.now.getTime());
      for (const part of ['manifest', 'artifact', 'proof'] as const)
        expect(life.shelf.isThere(id, part), `${part} of ${id}`).toBe(true);
    }
  });
});
