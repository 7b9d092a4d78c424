import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { idOf } from '../../../functions/contract/ids.ts';
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
afterEach(() => void vi.useRealTimers());

/** Sets the clock to 02:00 of a day of December. */
function on(day: number): string {
  vi.setSystemTime(new Date(Date.UTC(2026, 11, day, 2)));
  return idOf(new Date());
}

const only = async (ids: readonly string[]) => {
  const decided = await suite.decided();
  return Object.fromEntries(ids.map((id) => [id, decided[id]]));
};

describe('the newest proven points', () => {
  it('are pinned with all their objects and proofs, and the one that they replace gets its tier back', async () => {
    const ids: string[] = [];
    for (const day of [7, 8, 9]) {
      ids.push(await suite.proven(on(day)));
      expect(await suite.settle()).toEqual({ ok: true, cause: '', told: [] });
    }
    const [first, second, third] = ids as [string, string, string];
    expect(await suite.tags(second)).toBe('pinned');
    expect(await suite.tags(third)).toBe('pinned');
    // The first of its week, month and year.
    expect(await suite.tags(first)).toBe('yearly');
    expect(await only(ids)).toEqual({ [first]: 'tier yearly', [second]: 'floor daily', [third]: 'floor daily' });
  });

  it('stay pinned when every proof fails for weeks; what is not proven carries its tier, its failed proof too', async () => {
    const good = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    let last = '';
    for (const day of [3, 10, 20, 30]) {
      last = await suite.seal(on(day));
      await suite.prove(last, false);
      expect((await suite.settle()).ok).toBe(true);
    }
    for (const id of good) expect(await suite.tags(id)).toBe('pinned');
    expect(await suite.tags(last)).toBe('daily');
  });

  it('are let go only once the new ones are wholly held: a point that lacks an object is not counted on, and that is told once', async () => {
    const [first, second] = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    const damaged = await suite.proven(on(3));
    await suite.destroy(suite.archive(damaged));
    expect(await suite.settle()).toEqual({
      ok: true,
      cause: '',
      told: [`${damaged}: ArtifactMissing: ${suite.archive(damaged)} of ${damaged} is gone.`],
    });
    for (const id of [first, second]) expect(await suite.tags(id)).toBe('pinned');
    on(4);
    expect((await suite.settle()).told).toEqual([]);
    for (const id of [first, second]) expect(await suite.tags(id)).toBe('pinned');
    expect(await only([damaged])).toEqual({ [damaged]: 'damaged daily' });
  });

  it('count one that was damaged again once it was proven again', async () => {
    const first = await suite.proven(on(1));
    const hurt = await suite.seal(on(2));
    await vault.put(suite.proof(hurt, '20261202T020000Z-forged'), JSON.stringify({ ok: true }));
    await suite.settle();
    expect((await only([hurt]))[hurt]).toBe('damaged daily');
    on(3);
    await suite.prove(hurt);
    expect(await suite.settle()).toEqual({ ok: true, cause: '', told: [] });
    expect(await only([first, hurt])).toEqual({ [first]: 'floor yearly', [hurt]: 'floor daily' });
  });

  it('stay pinned when a later proof of them fails, however old they are, and count again once one passes', async () => {
    const [first, second] = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    on(28);
    await suite.prove(second, false);
    expect((await suite.settle()).ok).toBe(true);
    expect(await only([first, second])).toEqual({ [first]: 'floor yearly', [second]: 'damaged daily' });
    expect(await suite.tags(second)).toBe('pinned');
    on(29);
    await suite.prove(second);
    await suite.settle();
    expect((await only([second]))[second]).toBe('floor daily');
    expect(await suite.tags(second)).toBe('pinned');
  });

  it('whose tags somebody took away are tagged again by the next run', async () => {
    const id = await suite.proven(on(1));
    await suite.settle();
    await vault.retag(suite.archive(id), { retention: 'failed' });
    on(2);
    await suite.settle();
    expect(await suite.tags(id)).toBe('pinned');
  });
});

describe('what nobody signed who may', () => {
  it('holds nothing: a forged proof keeps the point that it is about out of the floor, and that is told', async () => {
    const good = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    const forged = await suite.seal(on(3));
    await vault.put(
      suite.proof(forged, '20261203T020000Z-forged'),
      JSON.stringify({ schema: 'suite-backup.proof.v1', ok: true }),
    );
    const { told } = await suite.settle();
    expect(told).toEqual([`${forged}: SignatureInvalid: The newest proof of ${forged} has no signature.`]);
    for (const id of good) expect(await suite.tags(id)).toBe('pinned');
  });

  it('is not what was signed of another point either: a proof that was copied there is no proof of it', async () => {
    await suite.proven(on(1));
    const copied = await vault.text(suite.proof(idOf(new Date()), suite.lastProof));
    const other = await suite.seal(on(2));
    await vault.put(suite.proof(other, '20261202T020000Z-copied'), copied);
    expect((await suite.settle()).told).toEqual([expect.stringContaining(`${other}: SignatureInvalid`)]);
  });
});

describe('a run that dies while it settles', () => {
  it.each([
    ['Hold the point', 1],
    ['Hold the point', 2],
    ['Give the point its time back', 1],
  ] as const)('at %s, call %d, has let nothing go that it should hold; the next one finishes', async (at, call) => {
    const before = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    const next = await suite.proven(on(3));
    expect((await suite.settle({}, POLICY, { at, call })).ok).toBe(false);
    const held = await Promise.all([...before, next].map(async (id) => (await suite.tags(id)) === 'pinned'));
    expect(held.filter(Boolean).length).toBeGreaterThanOrEqual(2);
    on(4);
    expect((await suite.settle()).ok).toBe(true);
    expect(await suite.tags(before[0]!)).toBe('yearly');
    for (const id of [before[1]!, next]) expect(await suite.tags(id)).toBe('pinned');
  });
});

describe('what somebody hid with a delete marker', () => {
  it.each([
    ['a manifest', 'manifest'],
    ['an artifact', 'archive'],
  ] as const)('%s of a point whose time has not come is shown again, and the operators are told', async (_, what) => {
    const key = (id: string) => suite[what](id);
    const [id, other] = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    await suite.hide(key(id));
    expect(await suite.isThere(key(id))).toBe(false);
    const { ok, told } = await suite.settle();
    expect(ok).toBe(true);
    expect(told).toEqual([`1 objects of recovery points were hidden by delete markers, which were removed: ${key(id)}.`]);
    expect(await suite.isThere(key(id))).toBe(true);
    for (const each of [id, other]) expect(await suite.tags(each)).toBe('pinned');
  });

  it('of a point whose time has come stays hidden: the rule that let it go did that', async () => {
    const id = await suite.seal(on(1));
    await suite.settle();
    on(20);
    await suite.hide(suite.manifest(id));
    expect(await suite.settle()).toEqual({ ok: true, cause: '', told: [] });
    expect(await suite.isThere(suite.manifest(id))).toBe(false);
  });

  it('is looked at before a marker goes: the id of a version with bytes is refused', async () => {
    const id = await suite.proven(on(1));
    const versionId = await vault.put(`${suite.name}/artifacts/x`, 'bytes');
    await expect(suite.agents['show-again']({ id, key: `${suite.name}/artifacts/x`, versionId })).rejects.toMatchObject({
      name: 'RetentionFailed',
      message: expect.stringContaining('is no delete marker'),
    });
    expect(await vault.text(`${suite.name}/artifacts/x`)).toBe('bytes');
  });
});

describe('what runs left that never sealed a point', () => {
  it('is marked after two days, not before, and nothing of a sealed point with it', async () => {
    const left = on(1);
    await vault.put(`${suite.name}/artifacts/${left}/volume-uploads.a1.tar.zst`, 'half');
    const sealed = await suite.proven(on(2));
    await suite.settle();
    expect(await suite.tag(suite.archive(left))).toBe('none');
    on(4);
    await suite.settle();
    expect(await suite.tag(suite.archive(left))).toBe('failed');
    expect(await suite.tags(sealed)).toBe('pinned');
  });

  it('is not what a hidden manifest names, nor what one names that nobody can read', async () => {
    const hidden = await suite.seal(on(1));
    await suite.hide(suite.manifest(hidden));
    expect(await suite.agents['mark-leftovers']({ suite: suite.name, id: hidden })).toEqual({ id: hidden, marked: 0 });
    const damaged = await suite.seal(on(2));
    await vault.put(suite.manifest(damaged), 'no manifest');
    await expect(suite.agents['mark-leftovers']({ suite: suite.name, id: damaged })).rejects.toMatchObject({
      name: 'ManifestInvalid',
    });
    expect(await suite.tag(suite.archive(damaged))).toBe('daily');
  });

  it('is what another attempt stored beside the sealed one', async () => {
    const id = await suite.seal(on(1));
    await vault.put(`${suite.name}/artifacts/${id}/volume-uploads.zz.tar.zst`, 'half');
    expect(await suite.agents['mark-leftovers']({ suite: suite.name, id })).toEqual({ id, marked: 1 });
    expect(await suite.tag(`${suite.name}/artifacts/${id}/volume-uploads.zz.tar.zst`)).toBe('failed');
    expect(await suite.tag(suite.archive(id))).toBe('daily');
  });
});

describe('an operator', () => {
  const who = { who: 'ana@desk', why: 'the audit' };
  const request = (action: string, id: string) => ({ suite: suite.name, policy: POLICY, action, id, ...who });
  const prune = (ids: string[], confirm: string | null = suite.name) =>
    suite.agents.prune({ suite: suite.name, policy: POLICY, ids, confirm, ...who });

  it('keeps a point however old it gets, and lets it go again: then at once, when its days are over', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3)), await suite.proven(on(4))];
    await suite.settle();
    const kept = ids[1]!;
    expect(await suite.agents.keep(request('keep', kept))).toEqual({ outcome: 'Go' });
    expect(await suite.tags(kept)).toBe('pinned');
    on(28);
    await suite.settle();
    expect(await suite.tags(kept)).toBe('pinned');
    expect(await suite.agents.keep(request('unkeep', kept))).toEqual({ outcome: 'Go' });
    await suite.settle({ unkeep: kept });
    expect(await suite.tags(kept)).toBe('daily');
    expect((await only([kept]))[kept]).toBe('tier daily');
  });

  it('who keeps one of the newest proven points no longer leaves it in the floor, however old it is', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3))];
    await suite.settle();
    on(28);
    for (const id of ids.slice(1)) await suite.agents.keep(request('keep', id));
    for (const id of ids.slice(1)) {
      await suite.agents.keep(request('unkeep', id));
      await suite.settle({ unkeep: id });
      expect(await suite.tags(id)).toBe('pinned');
    }
    expect(await only(ids.slice(1))).toEqual({ [ids[1]!]: 'floor daily', [ids[2]!]: 'floor daily' });
  });

  it('is refused what is not there, not kept, or given up', async () => {
    const id = await suite.proven(on(1));
    expect(await suite.agents.keep(request('keep', '20200101T000000Z'))).toMatchObject({ outcome: 'Refused', name: 'NotFound' });
    expect(await suite.agents.keep(request('unkeep', id))).toMatchObject({ outcome: 'Refused', name: 'Refused' });
  });

  it('gives points up before their time: all of them, confirmed, and never one of the floor', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3)), await suite.proven(on(4))];
    await suite.settle();
    expect(await prune(ids)).toMatchObject({
      outcome: 'Refused',
      name: 'FloorReached',
      message: expect.stringContaining(`${ids[2]} is one of the newest 2 proven points, ${ids[3]} is`),
    });
    expect(await prune([ids[1]!], 'another')).toMatchObject({ outcome: 'Refused', name: 'Refused' });
    expect(await suite.tags(ids[1]!)).toBe('daily');
    expect(await prune(ids.slice(0, 2))).toEqual({ outcome: 'Go' });
    await suite.settle();
    for (const id of ids.slice(0, 2)) expect(await suite.tags(id)).toBe('failed');
    for (const id of ids.slice(2)) expect(await suite.tags(id)).toBe('pinned');
    expect(await prune(ids.slice(0, 1))).toMatchObject({ outcome: 'Refused', name: 'NotFound' });
  });

  it('gives nothing up while one of the newest that look proven was forged', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3))];
    await suite.settle();
    const forged = await suite.seal(on(4));
    const proof = suite.proof(forged, '20261204T020000Z-forged');
    await vault.put(proof, JSON.stringify({ schema: 'suite-backup.proof.v1', ok: true }));
    expect(await prune([ids[1]!])).toEqual({
      outcome: 'Refused',
      name: 'SignatureInvalid',
      message: `Nothing was given up: The newest proof of ${forged} has no signature.`,
    });
    await suite.settle();
    expect(await prune([ids[1]!])).toMatchObject({ outcome: 'Refused', name: 'FloorReached' });
    expect(await prune([ids[0]!])).toEqual({ outcome: 'Go' });
  });

  it('gives up no point whose proof fails for want of its key while nothing else is proven in its place', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2))];
    await suite.settle();
    for (const id of ids) await suite.prove(id, false);
    await suite.settle();
    expect(Object.values(await only(ids))).toEqual(['damaged yearly', 'damaged daily']);
    const message = expect.stringContaining('fewer than 2 points are proven');
    expect(await prune([ids[1]!])).toEqual({ outcome: 'Refused', name: 'FloorReached', message });
    for (const day of [3, 4]) await suite.proven(on(day));
    await suite.settle();
    expect(await prune([ids[1]!])).toEqual({ outcome: 'Go' });
  });

  it('who unkeeps and prunes everything is refused at the floor', async () => {
    const ids = [await suite.proven(on(1)), await suite.proven(on(2)), await suite.proven(on(3))];
    await suite.settle();
    for (const id of ids) await suite.agents.keep(request('keep', id));
    expect(await prune(ids)).toMatchObject({ outcome: 'Refused', message: expect.stringContaining('is kept; unkeep it first') });
    for (const id of ids) {
      await suite.agents.keep(request('unkeep', id));
      await suite.settle({ unkeep: id });
    }
    expect(await prune(ids)).toMatchObject({ outcome: 'Refused', name: 'FloorReached' });
    expect(await prune([ids[0]!])).toEqual({ outcome: 'Go' });
    await suite.settle();
    expect(await prune([ids[1]!])).toMatchObject({ outcome: 'Refused', name: 'FloorReached' });
  });
});
