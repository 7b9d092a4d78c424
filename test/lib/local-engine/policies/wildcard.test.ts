import { describe, expect, it } from 'vitest';
import { arnPattern, wildcard } from '../../../../lib/local-engine/policies/wildcard.ts';

describe('a pattern', () => {
  it.each([
    ['*', 'anything at all', true],
    ['*', '', true],
    ['s3:GetObject', 's3:GetObject', true],
    ['s3:Get*', 's3:GetObjectVersion', true],
    ['s3:Get*', 's3:PutObject', false],
    ['s3:?etObject', 's3:GetObject', true],
    ['s3:?etObject', 's3:etObject', false],
    ['arn:aws:s3:::garden/*', 'arn:aws:s3:::garden/beds/roses', true],
    ['arn:aws:s3:::garden/*', 'arn:aws:s3:::garden', false],
    ['arn:aws:s3:::garden/*', 'arn:aws:s3:::garden2/roses', false],
    ['arn:aws:s3:::garden/*/roses', 'arn:aws:s3:::garden/a/b/roses', true],
    ['arn:aws:states:*:execution:Sell*', 'arn:aws:states:eu-west-1:000000000000:execution:Sell:1', true],
    ['*/a.b', 'x/aXb', false],
    ['a+(b)[c]{d}^$|\\', 'a+(b)[c]{d}^$|\\', true],
    ['garden/*', 'garden/line\nbreak', true],
    ['garden/?', 'garden/🌷', true],
    ['garden/ROSES', 'garden/roses', false],
  ])('%s against %s: %s', (pattern, text, matches) => {
    expect(wildcard(pattern)(text)).toBe(matches);
  });

  it('in lower case is asked about texts in lower case', () => {
    const matches = wildcard('S3:get*', { lowerCase: true });
    expect(['s3:getobject', 's3:putobject'].map(matches)).toEqual([true, false]);
  });
});

describe('a pattern of an ARN', () => {
  it.each([
    ['arn:aws:iam::*:role/*', 'arn:aws:iam::000000000000:role/clerk', true],
    ['arn:aws:iam::*:role/*/clerk', 'arn:aws:iam::000000000000:role/shop/floor/clerk', true],
    ['arn:aws:iam::*:role/*/clerk', 'arn:aws:iam::000000000000:role/clerk', false],
    // Each part for itself: a star does not reach over a colon of the first five.
    ['arn:aws:*:role/clerk', 'arn:aws:iam::000000000000:role/clerk', false],
    ['arn:aws:*', 'arn:aws:iam::000000000000:role/clerk', false],
    ['arn:*:iam::*:role/clerk', 'arn:aws:iam::000000000000:role/clerk', true],
    ['arn:aws:states:*:*:execution:Sell*', 'arn:aws:states:eu-west-1:000000000000:execution:Sell:1', true],
    ['arn:aws:states:*:*:*', 'arn:aws:states:eu-west-1:000000000000:execution:Sell:1', true],
    ['arn:aws:iam::000000000000:role/clerk', 'arn:aws:iam::000000000000:role/Clerk', false],
    ['arn:aws:iam::000000000000:role/clerk', 'no arn', false],
  ])('%s against %s: %s', (pattern, text, matches) => {
    expect(arnPattern(pattern)(text)).toBe(matches);
  });
});
