import { describe, expect, it } from 'vitest';
import { type LookedAt, problemOf, stateOf } from '../../../functions/contract/replica.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);

describe('how a point lies at the replica', () => {
  it.each([
    [[], 100, 'replicated'],
    [['PENDING'], 1, 'pending'],
    [['PENDING', 'PENDING'], 7, 'late'],
    [['PENDING', 'FAILED', null], 0, 'failed'],
    [['PENDING', 'COMPLETED'], 0, 'gone'],
    [['PENDING', null], 100, 'unreplicated'],
  ] as const)('%j of what is not there, stored %i hours ago: %s', (statuses, hours, state) => {
    expect(stateOf(statuses, hoursAgo(hours), NOW)).toBe(state);
  });
});

describe('what somebody must know of it', () => {
  const look = (...states: LookedAt['state'][]) =>
    states.map((state, index): LookedAt => {
      return { id: `point-${index}`, storedAt: '', state, objects: 4, lacking: state === 'replicated' ? 0 : 2, first: 'key' };
    });

  it.each([
    [['replicated', 'replicated']],
    [['pending', 'replicated']],
    [['replicated', 'unreplicated', 'unreplicated']],
    [['pending', 'unreplicated']],
    [[]],
  ] as const)('is nothing of %j: what is older than the rule never comes', (states) => {
    expect(problemOf(look(...states))).toBeNull();
  });

  it.each([
    [['late', 'replicated'], /^Of point-0, 2 of 4 objects are not there after 6 hours, such as key\.$/],
    [['replicated', 'failed'], /^Of point-1, .* given up by S3/],
    [['gone'], /not there any more/],
    [['unreplicated', 'unreplicated'], /^Of point-0, [^O]*not replicated by any rule, such as key\.$/],
    [['replicated', 'unreplicated', 'replicated'], /^Of point-1/],
  ] as const)('of %j is %s', (states, message) => {
    expect(problemOf(look(...states))).toMatch(message);
  });
});
