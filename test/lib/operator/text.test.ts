import { expect, test } from 'vitest';
import { errorText } from '../../../lib/operator/error-text.ts';
import { list } from '../../../lib/operator/list.ts';
import { pointOf } from '../../../lib/operator/point.ts';
import { proofText } from '../../../lib/operator/proof-text.ts';
import { ageText, bytesText, durationText, type Style, table } from '../../../lib/operator/text.ts';
import { failedProof, proofFacts, sampleFacts, sampleFailure, sampleProof } from './samples.ts';

const style: Style = { color: false, now: new Date('2026-11-23T05:00:00Z') };

test('sizes are short and never say 1000 of a unit', () => {
  expect([0, 999, 1000, 12_345, 999_949, 999_960, 1_200_000_000].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 kB',
    '1.0 MB',
    '1.0 MB',
    '1.2 GB',
  ]);
});

test('durations and ages use the unit one would say', () => {
  expect([0.04, 4.2, 59.97, 125, 7805].map(durationText)).toEqual(['0.0 s', '4.2 s', '1 min 0 s', '2 min 5 s', '2 h 10 min']);
  expect(ageText(style, '2026-11-23T02:00:00Z')).toBe('3 h ago');
  expect(ageText(style, '2026-11-23T05:12:00Z')).toBe('in 12 min');
});

test('columns line up, numbers to the right, and a column without values is left out', () => {
  const rows = [
    ['a', '5 B', '', 'x'],
    ['long name', '12 kB', '', 'y'],
  ];
  expect(table(style, ['name', 'size', 'empty', 'last'], rows, ['size']).split('\n')).toEqual([
    'name        size  last',
    'a            5 B  x',
    'long name  12 kB  y',
  ]);
});

test('colour changes nothing but colour', () => {
  const coloured = table({ ...style, color: true }, ['name'], [['a']]);
  expect(coloured).not.toBe(table(style, ['name'], [['a']]));
  expect(coloured).toContain('name');
});

test('a list tells good points from bad ones, with the reason', () => {
  const points = [
    pointOf(sampleFacts({ manifest: null, failure: sampleFailure() }), style.now),
    pointOf(sampleFacts({ lastProof: proofFacts(sampleProof()) }), style.now),
  ];
  const [header, failed, proven] = list.text({ points, older: 0 }, style, {}).split('\n');
  expect(header).toMatch(/id +state +restorable +started +size +sources/);
  expect(failed).toMatch(/^✗ +20261123T020000Z +failed +no .* DumpFailed \(app\): pg_dump: error: connection lost$/);
  expect(proven).toMatch(/^✓ +20261123T020000Z +proven +yes +3 h ago +1\.2 kB +1\/1 /);
});

test('a failed proof shows what failed before what passed', () => {
  const lines = proofText(style, failedProof).split('\n');
  const failed = lines.findIndex((line) => line.includes('✗ files volume-uploads report.pdf: report.pdf has other bytes'));
  const passed = lines.findIndex((line) => line.includes('✓ files'));
  expect(failed).toBeGreaterThan(0);
  expect(passed).toBeGreaterThan(failed);
  expect(lines[failed + 1]).toContain('expected {"sha256":"aa"}');
});

test('an error says what, where and what to do, one line per problem', () => {
  const problems = [
    { path: 'name', value: 'Bad Name', message: 'must be lower case' },
    { path: 'sources', value: null, message: 'is missing' },
  ];
  expect(
    errorText(style, { name: 'SuiteInvalid', message: 'The suite file has 2 problems.', hint: 'Correct it.', problems }).split(
      '\n',
    ),
  ).toEqual([
    '✗ SuiteInvalid: The suite file has 2 problems.',
    '  where    value     problem',
    '  name     Bad Name  must be lower case',
    '  sources            is missing',
    '  → Correct it.',
  ]);
});
