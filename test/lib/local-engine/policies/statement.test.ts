import { describe, expect, it } from 'vitest';
import { type PolicyKind, parsePolicy } from '../../../../lib/local-engine/policies/statement.ts';
import { reference } from '../foreign-assembly.ts';

function problemsOf(document: unknown, kind: PolicyKind = 'identity'): string[] {
  const problems: string[] = [];
  parsePolicy(document, kind, (path, message) => problems.push(`${path}: ${message}`));
  return problems;
}

const variable = reference('aws:username');
const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const inOne = (more: object) => ({ Version: '2012-10-17', Statement: { ...statement, ...more } });

describe('a policy', () => {
  it.each<[what: string, document: unknown, kind: PolicyKind]>([
    ['with one statement', { Version: '2012-10-17', Statement: statement }, 'identity'],
    ['with several', { Version: '2012-10-17', Id: 'x', Statement: [statement, { ...statement, Sid: 'Two' }] }, 'identity'],
    ['of the older version', { Version: '2008-10-17', Statement: [statement] }, 'identity'],
    // What looks like a variable is none in the older version.
    ['without a version', { Statement: [{ ...statement, Resource: `arn:aws:s3:::a/${variable}` }] }, 'identity'],
    ['of a resource', inOne({ Principal: { AWS: '000000000000', Service: ['a.amazonaws.com'] } }), 'resource'],
    ['of trust', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' }] }, 'trust'],
  ])('%s is known', (_, document, kind) => {
    expect(problemsOf(document, kind)).toEqual([]);
  });

  it.each<[what: string, document: unknown, kind: PolicyKind, problem: string | RegExp]>([
    ['no document', 'allow all', 'identity', 'must be a policy document'],
    ['no statement', { Version: '2012-10-17' }, 'identity', 'Statement: must be a statement'],
    [
      'an unknown version',
      { Version: '2026-01-01', Statement: [] },
      'identity',
      'Version: the engine does not know policies of version 2026-01-01',
    ],
    [
      'an unknown element',
      { Version: '2012-10-17', Statement: [], Comment: 'x' },
      'identity',
      'Comment: the engine does not know',
    ],
    ['an unknown element of a statement', inOne({ When: 'Mondays' }), 'identity', 'Statement.When: the engine does not know'],
    ['an unknown effect', inOne({ Effect: 'Maybe' }), 'identity', 'Statement.Effect: must be Allow or Deny'],
    ['no action', inOne({ Action: undefined }), 'identity', 'needs either Action or NotAction'],
    ['both kinds of action', inOne({ NotAction: 's3:*' }), 'identity', 'needs either Action or NotAction'],
    ['both kinds of resource', inOne({ NotResource: '*' }), 'identity', 'needs either Resource or NotResource'],
    ['an empty list of actions', inOne({ Action: [] }), 'identity', 'Statement.Action: must be a text or a list of texts'],
    ['a principal of an identity', inOne({ Principal: '*' }), 'identity', 'names no principal'],
    ['no principal of a resource', inOne({}), 'resource', 'needs either Principal or NotPrincipal'],
    [
      'both kinds of principal',
      inOne({ Principal: '*', NotPrincipal: '*', Effect: 'Deny' }),
      'resource',
      'needs either Principal or NotPrincipal',
    ],
    ['everybody but one', inOne({ NotPrincipal: { AWS: '000000000000' } }), 'resource', 'stands with Deny only'],
    [
      'a pattern of principals',
      inOne({ Principal: { AWS: 'arn:aws:iam::000000000000:role/*' } }),
      'resource',
      'patterns are allowed in conditions only',
    ],
    [
      'an unknown kind of principal',
      inOne({ Principal: { Federated: 'accounts.example.com' } }),
      'resource',
      'principals of the kind Federated',
    ],
    ['a text for a principal', inOne({ Principal: '000000000000' }), 'resource', 'must be "*" or an object'],
    ['a resource of trust', inOne({ Principal: '*' }), 'trust', 'a trust policy names no resource'],
    [
      'a variable',
      inOne({ Resource: `arn:aws:s3:::a/${variable}` }),
      'identity',
      /Statement.Resource: .*variables.*aws:username/,
    ],
    [
      'a variable in a condition',
      inOne({ Condition: { StringEquals: { 's3:prefix': ['a', variable] } } }),
      'identity',
      /Condition.StringEquals.s3:prefix.1: .*variables/,
    ],
  ])('with %s is a problem', (_, document, kind, problem) => {
    expect(problemsOf(document, kind)).toContainEqual(
      typeof problem === 'string' ? expect.stringContaining(problem) : expect.stringMatching(problem),
    );
  });

  it('tells all that is wrong at once, with its place', () => {
    const document = {
      Version: '2012-10-17',
      Statement: [
        statement,
        { ...statement, Effect: 'allow', Condition: { Is: { 's3:prefix': 'a' } } },
        { ...statement, Colour: 'red' },
      ],
    };
    expect(problemsOf(document).map((problem) => problem.split(':')[0])).toEqual([
      'Statement.1.Effect',
      'Statement.1.Condition.Is.s3',
      'Statement.2.Colour',
    ]);
  });
});
