import { describe, expect, it } from 'vitest';
import { type Context, parseConditions } from '../../../../lib/local-engine/policies/condition.ts';

/** Whether a block holds for a request, or what is wrong with it. */
function outcome(block: unknown, context: Context): boolean | string[] {
  const problems: string[] = [];
  const conditions = parseConditions(block, 'Condition', (path, message) => problems.push(`${path}: ${message}`));
  return problems.length > 0 ? problems : conditions.every((holds) => holds(context));
}

const CLERK = 'arn:aws:iam::000000000000:role/clerk';

describe('a condition', () => {
  const cases: [operator: string, key: string, values: unknown, context: Context, holds: boolean][] = [
    ['StringEquals', 's3:prefix', 'beds/', { 's3:prefix': 'beds/' }, true],
    ['StringEquals', 's3:prefix', 'beds/', { 's3:prefix': 'Beds/' }, false],
    ['StringEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'b' }, true],
    ['StringEquals', 's3:prefix', '*', { 's3:prefix': 'b' }, false],
    ['StringEquals', 's3:prefix', '', { 's3:prefix': '' }, true],
    ['StringEquals', 's3:prefix', 'beds/', {}, false],
    ['StringEqualsIfExists', 's3:prefix', 'beds/', {}, true],
    ['StringEqualsIfExists', 's3:prefix', 'beds/', { 's3:prefix': 'x' }, false],
    ['StringNotEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'b' }, false],
    ['StringNotEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'c' }, true],
    // A negated operator holds where there is nothing to compare.
    ['StringNotEquals', 's3:prefix', 'a', {}, true],
    ['StringNotEqualsIfExists', 's3:prefix', 'a', {}, true],
    ['StringEqualsIgnoreCase', 's3:prefix', 'BEDS/', { 's3:prefix': 'beds/' }, true],
    ['StringNotEqualsIgnoreCase', 's3:prefix', 'BEDS/', { 's3:prefix': 'beds/' }, false],
    ['StringLike', 's3:prefix', 'beds/*', { 's3:prefix': 'beds/roses' }, true],
    ['StringLike', 's3:prefix', 'beds/?', { 's3:prefix': 'beds/roses' }, false],
    ['StringLike', 's3:prefix', 'beds/*', {}, false],
    ['StringNotLike', 's3:prefix', ['beds/*', 'x*'], { 's3:prefix': 'sheds/' }, true],
    ['StringNotLike', 's3:prefix', ['beds/*', 'x*'], { 's3:prefix': 'x/y' }, false],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/*', { 'aws:principalarn': CLERK }, true],
    ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:role/*', { 'aws:principalarn': CLERK }, true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:*', { 'aws:principalarn': CLERK }, false],
    ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/*', { 'aws:principalarn': CLERK }, false],
    ['ArnNotEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:role/x', {}, true],
    ['ArnLikeIfExists', 'aws:SourceArn', 'arn:aws:events:*:*:rule/*', {}, true],
    ['Bool', 'aws:SecureTransport', 'false', { 'aws:securetransport': 'true' }, false],
    ['Bool', 'aws:SecureTransport', true, { 'aws:securetransport': 'true' }, true],
    ['Bool', 'aws:SecureTransport', 'TRUE', { 'aws:securetransport': 'true' }, true],
    ['Bool', 'aws:SecureTransport', 'false', {}, false],
    ['BoolIfExists', 'aws:SecureTransport', 'false', {}, true],
    ['Null', 's3:if-none-match', 'true', {}, true],
    ['Null', 's3:if-none-match', 'true', { 's3:if-none-match': '*' }, false],
    ['Null', 's3:if-none-match', false, { 's3:if-none-match': '*' }, true],
    ['Null', 's3:if-none-match', 'false', {}, false],
    // An empty text is there, an empty set is not.
    ['Null', 's3:prefix', 'true', { 's3:prefix': '' }, false],
    ['Null', 's3:RequestObjectTagKeys', 'true', { 's3:requestobjecttagkeys': [] }, true],
    ['NumericLessThanEquals', 's3:max-keys', 10, { 's3:max-keys': '10' }, true],
    ['NumericLessThan', 's3:max-keys', '10', { 's3:max-keys': '10' }, false],
    ['NumericGreaterThan', 's3:signatureAge', '600000', { 's3:signatureage': '600001' }, true],
    ['NumericGreaterThanEquals', 's3:signatureAge', '600000', { 's3:signatureage': '5' }, false],
    ['NumericEquals', 's3:max-keys', ['1', '10'], { 's3:max-keys': '10.0' }, true],
    ['NumericNotEquals', 's3:max-keys', '10', { 's3:max-keys': '11' }, true],
    ['NumericEquals', 's3:max-keys', '10', { 's3:max-keys': 'many' }, false],
    ['DateGreaterThan', 'aws:CurrentTime', '2026-11-23T00:00:00Z', { 'aws:currenttime': '2026-11-23T02:00:00Z' }, true],
    ['DateLessThan', 'aws:CurrentTime', '2026-11-23', { 'aws:currenttime': '2026-11-23T02:00:00Z' }, false],
    ['DateLessThan', 'aws:EpochTime', '1795399200', { 'aws:epochtime': '1795399199' }, true],
    ['DateEquals', 'aws:EpochTime', '2026-11-23T02:00:00Z', { 'aws:epochtime': '1795399200' }, true],
    ['IpAddress', 'aws:SourceIp', '127.0.0.0/8', { 'aws:sourceip': '127.0.0.1' }, true],
    ['IpAddress', 'aws:SourceIp', ['10.0.0.0/8', '::1/128'], { 'aws:sourceip': '127.0.0.1' }, false],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:sourceip': '127.0.0.1' }, true],
    ['IpAddress', 'aws:SourceIp', '127.0.0.1', {}, false],
    // Names of keys are the same in any case, values are not.
    ['StringEquals', 'S3:PREFIX', 'a', { 's3:prefix': 'a' }, true],
    ['StringEquals', 's3:RequestObjectTag/Colour', 'red', { 's3:requestobjecttag/colour': 'red' }, true],
    ['StringEquals', 'kms:EncryptionContext:aws:s3:arn', 'x', { 'kms:encryptioncontext:aws:s3:arn': 'x' }, true],
  ];
  it.each(cases)('%s of %s with %j for %j: %s', (operator, key, values, context, holds) => {
    expect(outcome({ [operator]: { [key]: values } }, context)).toBe(holds);
  });

  const sets: [operator: string, values: string[], actual: string[] | undefined, holds: boolean][] = [
    ['ForAllValues:StringEquals', ['a', 'b'], ['a'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
    // Nothing is all there is: AWS warns of it.
    ['ForAllValues:StringEquals', ['a'], [], true],
    ['ForAllValues:StringEquals', ['a'], undefined, true],
    ['ForAllValues:StringNotEquals', ['a'], ['b', 'c'], true],
    ['ForAllValues:StringNotEquals', ['a'], ['a', 'c'], false],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['c'], false],
    ['ForAnyValue:StringEquals', ['a'], undefined, false],
    ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, true],
    ['ForAnyValue:StringNotEquals', ['a'], ['a', 'b'], true],
    ['ForAnyValue:StringNotEquals', ['a'], ['a'], false],
    ['ForAnyValue:StringLike', ['x*'], ['y', 'xz'], true],
    ['ForAllValues:StringLikeIfExists', ['x*'], ['y', 'xz'], false],
  ];
  it.each(sets)('%s with %j for the set %j: %s', (operator, values, actual, holds) => {
    const context = { 's3:requestobjecttagkeys': actual };
    expect(outcome({ [operator]: { 's3:RequestObjectTagKeys': values } }, context)).toBe(holds);
  });

  it('of several keys and operators holds when all of them do', () => {
    const block = {
      Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    };
    const creating = { 's3:objectcreationoperation': 'true' };
    expect(outcome(block, creating)).toBe(true);
    expect(outcome(block, { ...creating, 's3:if-match': 'etag' })).toBe(false);
    expect(outcome(block, { 's3:objectcreationoperation': 'false' })).toBe(false);
    expect(outcome(block, {})).toBe(false);
  });
});

describe('a condition that the engine does not know', () => {
  it.each([
    [
      { StringEqual: { 's3:prefix': 'a' } },
      'Condition.StringEqual.s3:prefix: the engine does not know the condition operator StringEqual',
    ],
    [{ stringequals: { 's3:prefix': 'a' } }, 'condition operator stringequals'],
    [{ BinaryEquals: { 's3:prefix': 'a' } }, 'condition operator BinaryEquals'],
    [{ NullIfExists: { 's3:prefix': 'true' } }, 'condition operator NullIfExists'],
    [{ 'ForAllValues:Null': { 's3:prefix': 'true' } }, 'condition operator ForAllValues:Null'],
    [{ 'ForSomeValues:StringEquals': { 's3:prefix': 'a' } }, 'condition operator ForSomeValues:StringEquals'],
    [{ StringEquals: { 'aws:MultiFactorAuthPresent': 'true' } }, 'condition key aws:MultiFactorAuthPresent'],
    [{ StringEquals: { 's3:ExistingObjectTag/': 'a' } }, 'condition key s3:ExistingObjectTag/'],
    [{ StringEquals: { 's3:RequestObjectTagKeys': 'a' } }, 'ForAllValues or ForAnyValue'],
    [{ Bool: { 'aws:SecureTransport': 'yes' } }, '"yes" is neither true nor false'],
    [{ Null: { 's3:prefix': 'no' } }, 'true or false'],
    [{ NumericEquals: { 's3:max-keys': 'ten' } }, '"ten" is no number'],
    [{ NumericEquals: { 's3:max-keys': '' } }, '"" is no number'],
    [{ DateEquals: { 'aws:CurrentTime': 'noon' } }, '"noon" is no date'],
    [{ IpAddress: { 'aws:SourceIp': 'home' } }, '"home" is no address or range'],
    [{ StringEquals: { 's3:prefix': { Ref: 'X' } } }, 'must be a text or a list of texts'],
    [{ StringEquals: 's3:prefix' }, 'must be an object of condition keys'],
    ['StringEquals', 'must be an object'],
  ])('%j is a problem', (block, message) => {
    expect(outcome(block, {})).toEqual([expect.stringContaining(message)]);
  });

  it('is told together with all others', () => {
    expect(outcome({ Odd: { 's3:colour': 'a', 's3:prefix': 'b' }, Bool: { 'aws:Weather': 'true' } }, {})).toHaveLength(4);
  });
});
