import { describe, expect, it } from 'vitest';
import { matchesError } from '../../../../lib/local-engine/states/errors.ts';
import { Retries } from '../../../../lib/local-engine/states/retry.ts';

describe('an ErrorEquals list', () => {
  const cases: [names: string[], error: string, matches: boolean][] = [
    [['A', 'B'], 'B', true],
    [['A', 'B'], 'b', false],
    [['States.ALL'], 'Anything', true],
    [['States.ALL'], '', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.QueryEvaluationError', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.TaskFailed'], 'Anything', true],
    [['States.TaskFailed'], 'States.TaskFailed', true],
    [['States.TaskFailed'], 'States.Permissions', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.DataLimitExceeded', false],
    [['States.TaskFailed'], 'States.Runtime', false],
    [['States.Timeout'], 'States.Timeout', true],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.Runtime'], 'States.Runtime', false],
  ];
  it.each(cases)('%j and the error %j: %s', (names, error, matches) => {
    expect(matchesError(names, error)).toBe(matches);
  });
});

describe('the retriers of a state', () => {
  it('hand out their delays one by one and then no more', () => {
    const retries = new Retries([{ ErrorEquals: ['E'], IntervalSeconds: 3, BackoffRate: 1.5, MaxAttempts: 3 }]);
    expect([1, 2, 3, 4].map(() => retries.next('E'))).toEqual([3000, 4500, 6750, undefined]);
  });

  it('with FULL jitter draw a delay between nothing and what it would have been', () => {
    const retrier = {
      ErrorEquals: ['E'],
      IntervalSeconds: 10,
      BackoffRate: 10,
      MaxDelaySeconds: 20,
      JitterStrategy: 'FULL' as const,
    };
    const firsts = Array.from({ length: 200 }, () => new Retries([retrier]).next('E')!);
    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...firsts)).toBeLessThanOrEqual(10_000);
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeGreaterThan(5000);
    const seconds = Array.from({ length: 200 }, () => {
      const retries = new Retries([retrier]);
      retries.next('E');
      return retries.next('E')!;
    });
    expect(Math.max(...seconds)).toBeGreaterThan(10_000);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(20_000);
  });

  it('leave an error to no second retrier once the first match is spent', () => {
    const retries = new Retries([{ ErrorEquals: ['E'], MaxAttempts: 1 }, { ErrorEquals: ['States.ALL'] }]);
    expect([retries.next('E'), retries.next('E'), retries.next('F')]).toEqual([1000, undefined, 1000]);
  });
});
