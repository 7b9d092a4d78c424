import { expect, test } from 'vitest';
import { judge, restore } from '../../../lib/operator/restore.ts';
import type { ShownPlan } from '../../../lib/operator/restores.ts';
import type { Ended } from '../../../lib/operator/run.ts';

const ok = (output: { outcome: string; [more: string]: unknown }) => ({ ok: true, executionArn: 'x', output }) as Ended;
const cause = { message: 'cut.', id: null, proofId: null, problems: [] };
const failed = { ok: false, executionArn: 'x', error: 'RestoreFailed', cause } as Ended;

test.each([
  [ok({ outcome: 'Restored' }), 'restored', null],
  [ok({ outcome: 'Undone' }), 'undone', null],
  [ok({ outcome: 'Forgotten' }), 'forgotten', null],
  [ok({ outcome: 'LockHeld', holder: 'somebody' }), 'locked', 'LockHeld'],
  [ok({ outcome: 'Refused', name: 'NewWrites', message: '2 rows' }), 'refused', 'NewWrites'],
  [ok({ outcome: 'SafetyPointFailed', message: 'no' }), 'refused', 'SafetyPointFailed'],
  [ok({ outcome: 'SomethingElse' }), 'failed', 'ResultInvalid'],
])('%j', (ended, outcome, error) => {
  const judged = judge(ended, null, true);
  expect([judged.outcome, judged.error?.name ?? null]).toEqual([outcome, error]);
});

test('a run that failed says what state things are in', () => {
  const back = judge(failed, { what: 'put-back', ok: true, message: 'Everything is as it was.' }, true);
  expect([back.outcome, back.error!.message]).toEqual(['put-back', 'cut. Everything is as it was.']);
  const half = judge(failed, { what: 'put-back', ok: false, message: 'Not everything could be put back.' }, true);
  expect([half.outcome, half.error!.message]).toEqual(['failed', 'cut. Not everything could be put back.']);
  const touched = judge(failed, null, true);
  expect([touched.outcome, touched.error!.message]).toEqual(['failed', 'cut.']);
  expect(judge(failed, null, false).error!.message).toBe('cut. Nothing of the suite was changed.');
});

test('a plan tells a person what happens, what it needs and what stands in its way', () => {
  const plan: ShownPlan = {
    restoreId: '20261124T020000Z-abcdef',
    point: '20261123T020000Z',
    mode: 'full',
    at: '2026-11-24T02:00:00Z',
    requestedBy: 'me@here',
    options: {
      mode: 'full',
      sources: [],
      tables: [],
      paths: [],
      to: null,
      replace: false,
      allowUnproven: false,
      safetyPoint: true,
      thawTier: 'Standard',
      from: 'vault',
    },
    state: 'proven',
    assessment: [{ source: 'shop', kind: 'database', state: 'missing', message: 'There is no database "shop".' }],
    makes: [
      {
        project: 'infra',
        directory: '/srv/suite',
        files: [],
        environmentFiles: [],
        services: ['db', 'api'],
        containers: ['infra-db-1', 'infra-api-1'],
        servers: ['infra-db-1'],
      },
    ],
    items: [
      {
        item: '00',
        kind: 'database',
        source: 'shop',
        label: 'database-shop',
        what: 'Database "shop" is restored beside the old one.',
        target: 'shop',
        bytes: 1_200_000,
        rawBytes: 7_000_000,
        freeBytes: null,
        needBytes: 7_000_000,
        exists: true,
        previous: 'shop_before',
        newer: null,
        diff: [{ name: '.env', state: 'changed', diff: ['-A=1', '+A=2'] }],
        warnings: [{ name: 'EventTriggers', message: 'one' }],
      },
    ],
    writers: [{ name: 'api', container: 'infra-api-1', running: true }],
    stopsWriters: true,
    etaSeconds: 75,
    etaFrom: 'measured in the restore of yesterday',
    safetyPoint: true,
    thaw: [{ storageClass: 'DEEP_ARCHIVE', objects: 2, bytes: 1_200_000, hours: { least: 0, most: 12 } }],
    problems: [{ path: 'point', value: 'NotProven', message: 'It was never proven.' }],
    warnings: [],
  };
  const fields = {
    restoreId: plan.restoreId,
    plan,
    outcome: 'refused' as const,
    steps: [],
    previous: [],
    seconds: 0,
    executionArn: null,
    safetyPoint: null,
    made: [],
    warnings: [],
  };
  const text = restore.text(fields, { color: false, now: new Date() }, {});
  for (const part of [
    'restore full from 20261123T020000Z (proven)',
    /✗? *database shop +missing +There is no database "shop"\./,
    /first thawed +2 objects, 1\.2 MB, from DEEP_ARCHIVE: takes up to 12 h \(Standard; --thaw Bulk: up to 48 h\); AWS charges/,
    /stops +infra-api-1/,
    /first made +infra-db-1, infra-api-1 \(docker compose up --detach db api, project infra in \/srv\/suite\)/,
    /takes about +1 min 15 s, measured in the restore of yesterday/,
    /00 +database shop +shop +replaced +1\.2 MB +7\.0 MB +unknown/,
    '00  Database "shop" is restored beside the old one.',
    '    +A=2',
    '! EventTriggers: one',
    '✗ point: It was never proven.',
  ]) {
    expect(text).toMatch(part);
  }
  const done = {
    ...fields,
    outcome: 'restored' as const,
    seconds: 3,
    previous: [{ source: 's', kind: 'database', was: 'a', now: 'b' }],
    warnings: [{ name: 'RolesDiffer', message: 'app' }],
  };
  expect(restore.text(done, { color: false, now: new Date() }, {})).toMatch(
    /✓ restored in 3\.0 s.*! RolesDiffer: app\n.*what was "a" is now "b".*--undo/s,
  );
  expect(restore.text({ ...done, made: ['infra-db-1'] }, { color: false, now: new Date() }, {})).toContain(
    'made first: infra-db-1',
  );
  const elsewhere = { ...done, plan: { ...plan, options: { ...plan.options, to: '/tmp/there' } }, previous: [], warnings: [] };
  expect(restore.text(elsewhere, { color: false, now: new Date() }, {})).toMatch(/^✓ restored in 3\.0 s {2}\(\S+\)$/);
  const undone = restore.text({ ...done, outcome: 'undone', previous: [], warnings: [] }, { color: false, now: new Date() }, {});
  expect(undone, 'the seconds are those of the restore').toBe(`✓ undone  (${plan.restoreId})`);
});
