import { expect, test } from 'vitest';
import { checkPattern, matchesPattern } from '../../../../lib/local-engine/events/event-pattern.ts';

const event = {
  source: 'garden',
  detail: { flower: 'tulip', height: 30, colours: ['red', 'white'], note: null, place: { bed: 'north' } },
};

test.for<[object, boolean]>([
  [{ source: ['garden'] }, true],
  [{ source: ['kitchen', 'garden'] }, true],
  [{ source: ['kitchen'] }, false],
  [{ detail: { flower: ['tulip'], place: { bed: ['north'] } } }, true],
  [{ detail: { flower: ['tulip'], place: { bed: ['south'] } } }, false],
  [{ detail: { height: [30] } }, true],
  [{ detail: { height: ['30'] } }, false],
  [{ detail: { note: [null] } }, true],
  [{ detail: { colours: ['white'] } }, true],
  [{ detail: { colours: ['blue'] } }, false],
  [{ detail: { flower: [{ prefix: 'tu' }] } }, true],
  [{ detail: { flower: [{ prefix: 'lip' }] } }, false],
  [{ detail: { flower: [{ suffix: 'lip' }] } }, true],
  [{ detail: { flower: [{ 'equals-ignore-case': 'TULIP' }] } }, true],
  [{ detail: { flower: [{ 'anything-but': 'rose' }] } }, true],
  [{ detail: { flower: [{ 'anything-but': ['rose', 'tulip'] }] } }, false],
  [{ detail: { flower: [{ 'anything-but': { prefix: 'tu' } }] } }, false],
  [{ detail: { weed: [{ 'anything-but': 'rose' }] } }, false],
  [{ detail: { weed: [{ exists: false }] } }, true],
  [{ detail: { flower: [{ exists: false }] } }, false],
  [{ missing: { deeper: ['x'] } }, false],
])('the pattern %j matches: %s', ([pattern, expected]) => {
  checkPattern(pattern);
  expect(matchesPattern(pattern as Record<string, unknown>, event)).toBe(expected);
});

test.for([
  [{ detail: { height: [{ numeric: ['>', 3] }] } }, 'numeric'],
  [{ $or: [{ a: ['b'] }] }, '$or'],
  [{ detail: { flower: [{ wildcard: 't*' }] } }, 'wildcard'],
  [{ detail: { flower: [{ 'anything-but': { suffix: 'x' } }] } }, 'anything-but'],
  [{ detail: 'tulip' }, 'detail'],
] as const)('the pattern %j is refused by name', ([pattern, name]) => {
  expect(() => checkPattern(pattern)).toThrow(name);
});
