import { expect, test } from 'vitest';
import { idsOf, indexOf, provenIds, storedIds } from '../../../lib/operator/point-index.ts';

const PREFIX = 'sample-suite';
const older = '20261121T020000Z';
const middle = '20261122T020000Z';
const newer = '20261123T020000Z';

const index = indexOf(PREFIX, [
  `${PREFIX}/recovery-points/${older}.json`,
  `${PREFIX}/recovery-points/${middle}.json`,
  `${PREFIX}/recovery-points/readme.txt`,
  `${PREFIX}/failures/${newer}.json`,
  `${PREFIX}/failures/latest.json`,
  `${PREFIX}/proofs/${older}/20261121T020010Z-aa.passed.json`,
  `${PREFIX}/proofs/${middle}/20261122T020010Z-aa.passed.json`,
  `${PREFIX}/proofs/${middle}/20261122T020010Z-aa/restore-database-app.json`,
  `${PREFIX}/proofs/${middle}/20261123T100000Z-bb.failed.json`,
]);

test('ids come from all three listings, newest first, with the one that is being made', () => {
  expect(idsOf(index, '20261124T020000Z')).toEqual(['20261124T020000Z', newer, middle, older]);
  expect(idsOf(index, null)).toEqual([newer, middle, older]);
});

test('the newest proof decides whether a point is proven', () => {
  expect(provenIds(index)).toEqual([older]);
  expect(index.proofs.get(middle)?.map((proof) => proof.passed)).toEqual([false, true]);
});

test('latest is the newest point that was stored, not a run that failed', () => {
  expect(storedIds(index)).toEqual([middle, older]);
});
