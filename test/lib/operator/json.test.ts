import { expect, test } from 'vitest';
import { ERRORS, type ErrorEntry } from '../../../functions/contract/errors.ts';
import { backup } from '../../../lib/operator/backup.ts';
import { documentOf } from '../../../lib/operator/json.ts';
import { exitCodeOf, OperatorError, toOperatorError } from '../../../lib/operator/operator-error.ts';

test('the exit code of every error is that of the error table', () => {
  for (const [name, entry] of Object.entries<ErrorEntry>(ERRORS)) expect([name, exitCodeOf(name)]).toEqual([name, entry.exit]);
  expect(exitCodeOf('DumpFailed')).toBe(3);
  expect(exitCodeOf('VerificationFailed')).toBe(5);
  expect(exitCodeOf('Interrupted')).toBe(130);
});

test('an error that the table does not know exits with 1', () => {
  expect(exitCodeOf('States.Runtime')).toBe(1);
  expect(exitCodeOf('toString')).toBe(1);
});

test('a document carries the keys of its verb on failure as well, with nothing made up', () => {
  const error = new OperatorError('NoHost', 'No Docker engine answers.');
  expect(documentOf('backup', null, error, backup.empty)).toEqual({
    schema: 'suite-backup.backup.v1',
    suite: null,
    ok: false,
    exitCode: 2,
    error: { name: 'NoHost', message: 'No Docker engine answers.', hint: ERRORS.NoHost.hint, problems: [] },
    outcome: 'failed',
    point: null,
    executionArn: null,
    warnings: [],
  });
});

test('a document without an error is ok', () => {
  expect(documentOf('list', 'sample-suite', null, { points: [] })).toEqual({
    schema: 'suite-backup.list.v1',
    suite: 'sample-suite',
    ok: true,
    exitCode: 0,
    error: null,
    points: [],
  });
});

test('names and problems of errors from elsewhere survive', () => {
  const foreign = Object.assign(new Error('two problems'), {
    name: 'SuiteInvalid',
    problems: [
      { path: 'name', value: 'X', message: 'is wrong' },
      { path: 'sources', message: 'is missing' },
    ],
  });
  expect(toOperatorError(foreign)).toMatchObject({
    name: 'SuiteInvalid',
    problems: [
      { path: 'name', value: 'X', message: 'is wrong' },
      { path: 'sources', value: null, message: 'is missing' },
    ],
  });
});

test('a programming error is Unexpected', () => {
  expect(toOperatorError(new TypeError('x is not a function'))).toMatchObject({
    name: 'Unexpected',
    message: 'x is not a function',
  });
  expect(toOperatorError('text')).toMatchObject({ name: 'Unexpected', message: 'text' });
});
