import { describe, expect, it } from 'vitest';
import type { SqlCheck } from '../../../functions/contract/sources.ts';
import type { SqlAnswer } from '../../../functions/postgres/fingerprint.ts';
import { judgeSqlChecks } from '../../../functions/postgres/sql-checks.ts';

const check = (expect: SqlCheck['expect']): SqlCheck => ({ name: 'users', database: 'shop', sql: 'select 1', expect });
const answer = (value: string | null, more: Partial<SqlAnswer> = {}): SqlAnswer => ({
  kind: 'sql',
  name: 'users',
  rows: 1,
  value,
  error: null,
  ...more,
});
const judge = (expectation: SqlCheck['expect'], answers: SqlAnswer[]) =>
  judgeSqlChecks('shop', [check(expectation)], answers)[0]!;

describe('a check of the suite file', () => {
  const good: [SqlCheck['expect'], string][] = [
    [{ equals: 'a b' }, 'a b'],
    [{ equals: '' }, ''],
    [{ equals: 5 }, '5.0'],
    [{ equals: 0 }, '0'],
    [{ equals: true }, 't'],
    [{ equals: false }, 'f'],
    [{ equals: true }, 'true'],
    [{ min: 1 }, '1'],
    [{ max: 3 }, '3'],
    [{ min: 1, max: 3 }, '2'],
    [{ min: -1 }, '-0.5'],
  ];
  it.each(good)('that expects %j passes with %j', (expectation, value) => {
    expect(judge(expectation, [answer(value)])).toMatchObject({ ok: true, error: null, actual: value, expected: expectation });
  });

  const bad: [string, SqlCheck['expect'], SqlAnswer[], string][] = [
    ['another text', { equals: 'a' }, [answer('b')], 'gave b, not a.'],
    ['another case', { equals: 'a' }, [answer('A')], 'gave A, not a.'],
    ['another number', { equals: 5 }, [answer('6')], 'gave 6, not 5.'],
    ['nothing where 0 is wanted', { equals: 0 }, [answer('')], 'gave , not 0.'],
    ['false where true is wanted', { equals: true }, [answer('f')], 'gave f, not true.'],
    ['too little', { min: 1 }, [answer('0')], 'gave 0, less than 1.'],
    ['too much', { max: 3 }, [answer('4')], 'gave 4, more than 3.'],
    ['no number', { min: 1 }, [answer('many')], 'gave "many", which is no number.'],
    ['an empty text where a number is wanted', { max: 3 }, [answer('')], 'gave "", which is no number.'],
    ['null', { min: 0 }, [answer(null)], 'gave null.'],
    ['no row', { max: 3 }, [answer(null, { rows: 0 })], 'gave 0 rows; it must give exactly one.'],
    ['two rows', { equals: 'a' }, [answer('a', { rows: 2 })], 'gave 2 rows; it must give exactly one.'],
    [
      'an error',
      { min: 0 },
      [answer(null, { rows: 0, error: 'relation "x" does not exist' })],
      'failed: relation "x" does not exist',
    ],
    ['no answer', { min: 0 }, [], 'gave no answer.'],
    ['the answer of another check only', { min: 0 }, [answer('1', { name: 'orders' })], 'gave no answer.'],
  ];
  it.each(bad)('fails with its name when the database gave %s', (_, expectation, answers, message) => {
    expect(judge(expectation, answers)).toMatchObject({
      kind: 'sql',
      name: 'users',
      ok: false,
      severity: 'failure',
      error: 'CheckFailed',
      message: `Check "users" ${message}`,
    });
  });
});
