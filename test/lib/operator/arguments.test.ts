import { expect, test } from 'vitest';
import { parseArguments } from '../../../lib/operator/arguments.ts';

const parse = (...argv: string[]) => parseArguments(argv, '1.2.3');

test('flags may stand before or after the verb', () => {
  const expected = { verb: 'list', common: { local: true, json: true, quiet: false, home: 'h' }, request: { limit: 3 } };
  expect(parse('list', '--limit', '3', '--local', '--home', 'h', '--json')).toEqual(expected);
  expect(parse('--local', '--json', '--home', 'h', 'list', '--limit', '3')).toEqual(expected);
});

test('a backup has a tier and a trigger unless it is told otherwise', () => {
  expect(parse('backup')).toMatchObject({ verb: 'backup', request: { tier: 'daily', trigger: 'manual' } });
  expect(parse('backup', '--tier', 'yearly', '--label', 'x', '--trigger', 'deploy')).toMatchObject({
    request: { tier: 'yearly', label: 'x', trigger: 'deploy' },
  });
});

test('a scheduled time is kept as whole seconds of UTC', () => {
  expect(parse('backup', '--scheduled-for', '2026-11-23T03:00:00.500+01:00')).toMatchObject({
    request: { scheduledFor: '2026-11-23T02:00:00Z' },
  });
});

test('show and verify take an id', () => {
  expect(parse('show', 'latest')).toMatchObject({ verb: 'show', request: { id: 'latest' } });
  expect(parse('verify', 'latest-proven', '--accept-anomaly', 'archived')).toMatchObject({
    verb: 'verify',
    request: { id: 'latest-proven', acceptAnomaly: 'archived' },
  });
});

test('a point is read from the vault or from its replica, and from nowhere else', () => {
  expect(parse('verify', 'latest', '--from', 'replica')).toMatchObject({ request: { from: 'replica' } });
  expect(parse('restore', 'latest', '--mode', 'full', '--from', 'replica')).toMatchObject({
    request: { restore: { from: 'replica' } },
  });
  expect(() => parse('verify', 'latest', '--from', 'disk')).toThrow(/Allowed choices are vault, replica/);
});

test('a restore names a point and a mode, or a restore to take back', () => {
  expect(parse('restore', 'latest', '--mode', 'tables', '--table', 'a.b', 'c.d', '--replace', '--no-safety-point')).toMatchObject(
    {
      verb: 'restore',
      request: { id: 'latest', restore: { mode: 'tables', table: ['a.b', 'c.d'], replace: true, safetyPoint: false } },
    },
  );
  expect(parse('restore', '--undo')).toMatchObject({ request: { restore: { undo: true, safetyPoint: true } } });
  expect(parse('restore', '--forget', 'x')).toMatchObject({ request: { restore: { forget: 'x' } } });
  expect(parse('assess')).toMatchObject({ verb: 'assess', request: { id: 'latest-proven' } });
});

test('the verb local is local without saying so', () => {
  expect(parse('local')).toMatchObject({ verb: 'local', common: { local: true } });
});

test.each([
  [['frobnicate'], "unknown command 'frobnicate'"],
  [[], 'No verb given'],
  [['list', '--frob'], "unknown option '--frob'"],
  [['list', 'extra'], 'too many arguments'],
  [['show'], "missing required argument 'id'"],
  [['list', '--limit', '0'], 'A whole number from 1 on is wanted'],
  [['backup', '--tier', 'hourly'], 'Allowed choices are daily, weekly, monthly, yearly'],
  [['backup', '--scheduled-for', '2026-11-23T02:00:00'], 'A time such as 2026-11-23T02:00:00Z is wanted'],
  [['restore'], 'Name a recovery point'],
  [['restore', 'latest'], '--mode full|database|tables|files|config'],
  [['restore', 'latest', '--mode', 'some'], 'Allowed choices are full, database, tables, files, config'],
  [['restore', 'latest', '--mode', 'tables'], '--mode tables and --table belong together'],
  [['restore', 'latest', '--mode', 'full', '--table', 'a.b'], '--mode tables and --table belong together'],
  [['restore', 'latest', '--mode', 'full', '--to', '/x'], '--to needs --mode files or config'],
  [['restore', 'latest', '--mode', 'files', '--to', 'x'], '--to must be an absolute path'],
  [['restore', 'latest', '--mode', 'full', '--replace'], '--replace needs --mode tables'],
  [['restore', 'latest', '--undo'], '--undo takes the id of a restore'],
  [['restore', '--undo', '--forget'], '--undo and --forget mean different things'],
  [['restore', '--forget', '--discard-new-writes'], '--discard-new-writes needs --undo'],
  [['list', '--home', 'h'], '--home needs --local'],
  [['list', '--local', '--stack', 's'], '--stack means nothing with --local'],
])('%j is a usage error', (argv, message) => {
  expect(() => parse(...argv)).toThrow(
    expect.objectContaining({ name: 'UsageInvalid', message: expect.stringContaining(message) }),
  );
});

test('every verb has help with examples, and the version is printed', () => {
  for (const verb of ['backup', 'list', 'show', 'verify', 'restore', 'assess', 'status', 'local']) {
    expect(parse(verb, '--help')).toEqual({ help: expect.stringContaining(`Examples:\n  suite-backup ${verb}`) });
  }
  expect(parse('--version')).toEqual({ help: '1.2.3\n' });
});
