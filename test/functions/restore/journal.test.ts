import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../../functions/contract/keys.ts';
import { parseManifest, serializeManifest } from '../../../functions/contract/manifest.ts';
import type { PlanItem, RestorePlan } from '../../../functions/contract/restore.ts';
import { type Handler, WithVault } from '../with-vault.ts';
import { manifest, options, POINT } from './samples.ts';

const vault = WithVault.forThisFile();
let check: Handler;
let note: Handler;
let undo: Handler;
let record: Handler;
let restoreId: string;
let count = 0;

beforeAll(async () => {
  check = await vault.handler(import('../../../functions/restore/check-plan.ts'));
  note = await vault.handler(import('../../../functions/restore/record-step.ts'));
  undo = await vault.handler(import('../../../functions/restore/plan-undo.ts'));
  record = await vault.handler(import('../../../functions/restore/record-restore.ts'));
  const { checksum: _, ...facts } = manifest();
  await vault.put(keys.manifest('shop', POINT), serializeManifest(await vault.signed(facts)));
});
beforeEach(async () => {
  restoreId = `20261124T0200${String(count++).padStart(2, '0')}Z-abcdef`;
  await plan();
});

const item = (number: string, kind: PlanItem['kind'], change: Partial<PlanItem> = {}): PlanItem => ({
  item: number,
  kind,
  source: `s${number}`,
  label: `${kind}-s${number}`,
  what: 'It is restored.',
  target: `t${number}`,
  bytes: 1,
  rawBytes: 1,
  freeBytes: null,
  needBytes: 1,
  exists: true,
  previous: `p${number}`,
  newer: null,
  diff: null,
  warnings: [],
  swaps: kind !== 'globals',
  host: { container: 'ZGI=' },
  ...change,
});

async function plan(change: Partial<RestorePlan> = {}): Promise<void> {
  const text = await vault.text(keys.manifest('shop', POINT));
  const whole: RestorePlan = {
    schema: 'suite-backup.restore-plan.v1',
    restoreId,
    point: POINT,
    suite: 'shop',
    mode: 'full',
    at: new Date().toISOString(),
    requestedBy: 'me@here',
    options: options(),
    state: 'proven',
    manifestChecksum: parseManifest(text, { suite: 'shop', id: POINT }).checksum,
    assessment: null,
    makes: [],
    items: [item('00', 'globals', { previous: null }), item('01', 'database'), item('02', 'volume')],
    writers: [{ name: 'api', container: 'api', running: true }],
    stopsWriters: true,
    etaSeconds: 1,
    etaFrom: '',
    safetyPoint: true,
    thaw: [],
    problems: [],
    warnings: [],
    ...change,
  };
  await vault.put(keys.restorePlan('shop', restoreId), JSON.stringify(whole));
}

const checked = (change: object = {}) =>
  check({ suite: 'shop', restoreId, confirm: 'shop', safetyPoint: true, resume: false, again: false, ...change });
const noted = (number: string | null, phase: string, result: unknown = null) =>
  note({ suite: 'shop', restoreId, item: number, phase, result });
const undone = (purpose = 'back') => undo({ suite: 'shop', restoreId, purpose });
const recorded = (what: string, failed: object[] = []) =>
  record({ suite: 'shop', restoreId, what, executionArn: 'x', safetyPoint: null, failed });
const decoded = (text: unknown) => Buffer.from(String(text), 'base64').toString();

describe('a plan', () => {
  it('is carried out as it stands', async () => {
    expect(await checked()).toMatchObject({ outcome: 'Go', point: POINT, safetyPoint: true, stopsWriters: true });
    expect((await checked()).items).toMatchObject([
      { item: '00', reached: 'none', swaps: false },
      { item: '01', reached: 'none', parameters: { container: 'ZGI=', restore: restoreId, oid: '' } },
      { item: '02', reached: 'none' },
    ]);
  });

  it.each([
    ['for another suite', {}, { confirm: 'store' }, 'Refused'],
    ['with a problem', { problems: [{ path: 'x', value: 'SpaceMissing', message: 'no room' }] }, {}, 'RestoreRefused'],
    ['of yesterday', { at: '2026-11-01T02:00:00Z' }, {}, 'RestoreRefused'],
    ['of a point that has changed since', { manifestChecksum: 'other' }, {}, 'RestoreRefused'],
  ])('%s is refused without a failure', async (_, change, request, name) => {
    await plan(change);
    expect(await checked(request)).toMatchObject({ outcome: 'Refused', name });
  });

  it('that was begun is only resumed, and then goes on where it was', async () => {
    await noted('01', 'touching');
    expect(await checked()).toMatchObject({ outcome: 'Refused', name: 'RestoreRefused' });
    await noted('01', 'swapping', { oid: '4711', old: '0', writes: [] });
    expect(await checked({ resume: true })).toMatchObject({
      outcome: 'Go',
      safetyPoint: false,
      items: [{ reached: 'none' }, { reached: 'swapping', parameters: { oid: '4711', old: '0' } }, { reached: 'none' }],
    });
    await noted('01', 'swapped');
    expect((await checked({ resume: true })).items).toMatchObject([{}, { reached: 'swapped' }, {}]);
    await noted('01', 'back');
    expect((await checked({ resume: true })).items).toMatchObject([{}, { reached: 'none' }, {}]);
  });
});

describe('what is taken back', () => {
  it('is nothing of a plan that was never begun', async () => {
    expect(await undone('undo')).toMatchObject({ outcome: 'Refused', items: [], message: expect.stringContaining('nothing') });
    expect(await checked({ resume: true })).toMatchObject({
      outcome: 'Refused',
      message: expect.stringContaining('never begun'),
    });
  });

  it('is all that was touched, the last first, and who was stopped', async () => {
    expect(decoded((await noted(null, 'writers', ['api', 'web'])).containers)).toBe('api\0web\0');
    await noted('00', 'swapped');
    await noted('01', 'touching');
    await noted('01', 'swapping', { oid: '7', old: '6', writes: [{ table: 'a', writes: 3 }] });
    await noted('01', 'swapped');
    await noted('02', 'touching');
    const found = await undone();
    expect(found).toMatchObject({
      outcome: 'Go',
      items: [
        { item: '02', mayBeSwapped: false, swaps: true, counts: false },
        { item: '01', mayBeSwapped: true, counts: true, parameters: { oid: '7', old: '6' } },
      ],
    });
    const [, database] = found.items as { parameters: { baseline: string } }[];
    expect(JSON.parse(decoded(database!.parameters.baseline))).toEqual([{ table: 'a', writes: 3 }]);
    expect(decoded(found.stopped)).toBe('api\0web\0');
    await noted(null, 'started');
    for (const number of ['02', '01']) await noted(number, 'back');
    expect(await undone()).toMatchObject({ outcome: 'Done', items: [], stopped: '' });
  });

  it('remembers who an earlier run has stopped', async () => {
    await noted(null, 'writers', ['api']);
    expect(decoded((await noted(null, 'writers', [])).containers)).toBe('api\0');
  });

  it('is forgotten only where it is in place', async () => {
    await noted('01', 'swapping', { oid: '7', old: '6', writes: [] });
    await noted('01', 'swapped');
    await noted('02', 'touching');
    expect(await undone('forget')).toMatchObject({ outcome: 'Refused', message: expect.stringContaining('not finished') });
    await recorded('restored');
    const [item] = (await undone('forget')).items as { drops: boolean; parameters: Record<string, string> }[];
    expect([item!.drops, decoded(item!.parameters.database), item!.parameters.oid]).toEqual([true, 'p01', '6']);
    await noted('01', 'forgotten');
    expect(await undone('forget')).toMatchObject({ outcome: 'Refused', message: expect.stringContaining('keeps nothing') });
    expect(await checked({ resume: true })).toMatchObject({ outcome: 'Refused' });
  });
});

describe('a restore that a later one stands on', () => {
  it('is not undone below it, nor when the later one is forgotten', async () => {
    await noted('01', 'swapped');
    const [below, above] = [restoreId, restoreId.replace(/^\d{8}/, '20261125')];
    restoreId = above;
    await plan();
    await noted('01', 'swapped');
    const asked = () => undo({ suite: 'shop', restoreId: below, purpose: 'undo' });
    expect(await asked()).toMatchObject({
      outcome: 'Refused',
      message: expect.stringContaining(`Restore ${above} has replaced database-s01`),
    });
    await noted('01', 'forgotten');
    expect(await asked()).toMatchObject({ outcome: 'Refused', message: expect.stringContaining('cannot be undone any more') });
    await noted('01', 'back');
    expect(await asked()).toMatchObject({ outcome: 'Go' });
  });

  it('is kept under a name of its own where it was written to before it was taken back, until that is forgotten', async () => {
    await noted('01', 'swapping', { oid: '7', old: '6', writes: [] });
    await noted('01', 'back', { undone: 'shop_undone' });
    await recorded('undone');
    const [item] = (await undone('forget')).items as { drops: boolean; parameters: Record<string, string> }[];
    expect([item!.drops, decoded(item!.parameters.database), item!.parameters.oid]).toEqual([true, 'shop_undone', '7']);
  });
});

describe('what became of a restore', () => {
  it('is written down with its steps and with what the old is called now', async () => {
    await noted('01', 'touching');
    await noted('01', 'swapped');
    await noted('02', 'back', { undone: '/srv/aside' });
    expect(await recorded('restored')).toMatchObject({ ok: true, message: expect.stringContaining('the old is kept') });
    const [key] = await vault.keys(keys.restoreOutcomes('shop', restoreId));
    expect(JSON.parse(await vault.text(key!))).toMatchObject({
      what: 'restored',
      steps: [{ state: 'waiting' }, { state: 'swapped' }, { state: 'back' }],
      previous: [
        { source: 's01', was: 't01', now: 'p01' },
        { source: 's02', was: 't02', now: '/srv/aside' },
      ],
    });
  });

  it('says what is knowingly not as the point has it, to whoever is told and in what is written down', async () => {
    await noted('00', 'swapped', { created: [], differing: ['app', 'reader'] });
    await noted('01', 'swapping', { oid: '7', old: '6', writes: [], subscriptions: ['elsewhere'] });
    expect((await checked({ resume: true })).items).toMatchObject([{}, { subscriptions: ['elsewhere'] }, {}]);
    await noted('01', 'swapped');
    expect(await recorded('restored')).toMatchObject({
      message: expect.stringMatching(
        /are restored from .* stay as they are: app, reader\. .*"t01" come back disabled.*: elsewhere\.$/,
      ),
    });
    const [key] = await vault.keys(keys.restoreOutcomes('shop', restoreId));
    const warnings = [{ name: 'RolesDiffer' }, { name: 'SubscriptionsDisabled' }];
    expect(JSON.parse(await vault.text(key!))).toMatchObject({ warnings });
  });

  it('says in one sentence what state things are in', async () => {
    expect(await recorded('put-back')).toMatchObject({ message: expect.stringContaining('Nothing of the suite was changed') });
    await noted('01', 'back');
    expect(await recorded('put-back')).toMatchObject({ message: expect.stringContaining('Everything is as it was') });
    expect(await recorded('put-back', [{ label: 'database-s01', message: 'no way.' }])).toMatchObject({
      ok: false,
      message: expect.stringMatching(/finish it with "restore --undo .*database-s01: no way\./),
    });
  });
});
