import { describe, expect, it } from 'vitest';
import { BUCKET_RIGHTS, OBJECT_RIGHTS } from '../../../../../lib/local-engine/policies/rights/s3.ts';
import { BUCKET_ACTIONS, OBJECT_ACTIONS } from '../../../../../lib/local-engine/s3/actions.ts';

describe('the tables of rights', () => {
  it.each([
    ['a bucket', BUCKET_ACTIONS, BUCKET_RIGHTS],
    ['an object', OBJECT_ACTIONS, OBJECT_RIGHTS],
  ])('say of every action on %s what it needs, and of no other', (_, actions, rights) => {
    expect(Object.keys(rights).sort()).toEqual(actions.map(({ name }) => name).sort());
  });
});
