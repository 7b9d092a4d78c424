import { describe, expect, it } from 'vitest';
import type { Context } from '../../../../lib/local-engine/policies/condition.ts';
import { decide } from '../../../../lib/local-engine/policies/decide.ts';
import { type Principal, sessionOf } from '../../../../lib/local-engine/policies/principal.ts';
import { type PolicyKind, parsePolicy } from '../../../../lib/local-engine/policies/statement.ts';

const ACCOUNT = '000000000000';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/shop/clerk`;
const CLERK = sessionOf(ROLE, 'monday');
const BUCKET = 'arn:aws:s3:::garden';
const OBJECT = `${BUCKET}/beds/roses`;

type Statement = Record<string, unknown>;

function policy(kind: PolicyKind, statements: Statement[]) {
  const problems: string[] = [];
  const parsed = parsePolicy({ Version: '2012-10-17', Statement: statements }, kind, (path, message) =>
    problems.push(`${path}: ${message}`),
  );
  expect(problems).toEqual([]);
  return parsed;
}

interface Case {
  identity?: Statement[];
  resource?: Statement[];
  principal?: Principal;
  action?: string;
  on?: string;
  context?: Context;
  mustAgree?: boolean;
}

/** Undefined where it is allowed. */
function objection({
  identity = [],
  resource,
  principal = CLERK,
  action = 's3:GetObject',
  on = OBJECT,
  context = {},
  mustAgree = false,
}: Case) {
  return decide(
    principal,
    { action, resource: on, context },
    { identity: policy('identity', identity), resource: resource && policy('resource', resource), mustAgree },
  );
}

const allow = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: `${BUCKET}/*`,
  ...more,
});
const deny = (more: Statement = {}): Statement => ({ ...allow(more), Effect: 'Deny' });
const EVERYBODY = { Principal: '*' };
const NOBODY_ALLOWS = 'because no identity-based policy allows the s3:GetObject action';
const DENIED_BY_RESOURCE = 'with an explicit deny in a resource-based policy';

describe("AWS's evaluation within one account", () => {
  const cases: [what: string, request: Case, answer: string | undefined][] = [
    ['nothing said is a no', {}, NOBODY_ALLOWS],
    ["the caller's own policy is enough", { identity: [allow()] }, undefined],
    ["the resource's policy is enough when it names the role", { resource: [allow({ Principal: { AWS: ROLE } })] }, undefined],
    ['… or the session', { resource: [allow({ Principal: { AWS: CLERK.arn } })] }, undefined],
    ['… or everybody', { resource: [allow(EVERYBODY)] }, undefined],
    ['… or everybody in the other form', { resource: [allow({ Principal: { AWS: '*' } })] }, undefined],
    ['the account alone leaves it to the own policies', { resource: [allow({ Principal: { AWS: ACCOUNT } })] }, NOBODY_ALLOWS],
    [
      'the account alone, and an own policy that allows',
      { identity: [allow()], resource: [allow({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })] },
      undefined,
    ],
    [
      'another role is not the caller',
      { resource: [allow({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/clerk` } })] },
      NOBODY_ALLOWS,
    ],
    [
      'an own deny wins over an own allow, in any order',
      { identity: [deny(), allow()] },
      'with an explicit deny in an identity-based policy',
    ],
    [
      'an own deny wins over the resource',
      { identity: [deny()], resource: [allow(EVERYBODY)] },
      'with an explicit deny in an identity-based policy',
    ],
    ["the resource's deny wins over an own allow", { identity: [allow()], resource: [deny(EVERYBODY)] }, DENIED_BY_RESOURCE],
    [
      'a deny for the account is one for the caller',
      { identity: [allow()], resource: [deny({ Principal: { AWS: ACCOUNT } })] },
      DENIED_BY_RESOURCE,
    ],
    [
      'a deny for somebody else is none',
      { identity: [allow()], resource: [deny({ Principal: { AWS: `${ROLE}2` } })] },
      undefined,
    ],
    [
      'a deny whose condition does not hold is none',
      {
        identity: [allow(), deny({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
        context: { 'aws:securetransport': 'true' },
      },
      undefined,
    ],
    [
      'an allow whose condition does not hold is none',
      { identity: [allow({ Condition: { StringEquals: { 's3:prefix': 'a' } } })] },
      NOBODY_ALLOWS,
    ],
    ['actions are the same in any case', { identity: [allow({ Action: 'S3:getobject' })] }, undefined],
    ['resources are not', { identity: [allow({ Resource: `${BUCKET}/Beds/*` })] }, NOBODY_ALLOWS],
    ['an action with a star', { identity: [allow({ Action: ['s3:Put*', 's3:Get*'] })] }, undefined],
    ['the bucket is not its objects', { identity: [allow({ Resource: BUCKET })] }, NOBODY_ALLOWS],
    ['NotAction allows the others', { identity: [allow({ Action: undefined, NotAction: 's3:Put*' })] }, undefined],
    [
      'NotAction does not allow what it names',
      { identity: [allow({ Action: undefined, NotAction: ['s3:get*'] })] },
      NOBODY_ALLOWS,
    ],
    [
      'NotResource allows the others',
      { identity: [allow({ Resource: undefined, NotResource: `${BUCKET}/sheds/*` })] },
      undefined,
    ],
    [
      'NotResource does not allow what it names',
      { identity: [allow({ Resource: undefined, NotResource: `${BUCKET}/beds/*` })] },
      NOBODY_ALLOWS,
    ],
    [
      'Deny with NotAction and NotResource spares only who does that, there',
      { identity: [allow()], resource: [deny({ ...EVERYBODY, Action: undefined, NotAction: 's3:PutObject' })] },
      DENIED_BY_RESOURCE,
    ],
    [
      'Deny with NotResource spares what it names',
      {
        identity: [allow()],
        resource: [deny({ ...EVERYBODY, Action: 's3:*', Resource: undefined, NotResource: `${BUCKET}/beds/*` })],
      },
      undefined,
    ],
    [
      'NotPrincipal spares who is named in every form',
      { identity: [allow()], resource: [deny({ NotPrincipal: { AWS: [ROLE, CLERK.arn, ACCOUNT] } })] },
      undefined,
    ],
    [
      'NotPrincipal with the role alone spares nobody',
      { identity: [allow()], resource: [deny({ NotPrincipal: { AWS: ROLE } })] },
      DENIED_BY_RESOURCE,
    ],
  ];
  it.each(cases)('%s', (_, request, answer) => {
    expect(objection(request)).toBe(answer);
  });
});

describe('a key, and a role that is acted as', () => {
  const use = { action: 'kms:Decrypt', on: 'arn:aws:kms:us-east-1:000000000000:key/k', mustAgree: true };
  const may = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' };
  const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
  it.each<[what: string, request: Case, answer: string | undefined]>([
    [
      'an own policy alone is not enough',
      { identity: [may], resource: [] },
      'because no resource-based policy allows the kms:Decrypt action',
    ],
    [
      '… nor where there is no policy at all',
      { identity: [may] },
      'because no resource-based policy allows the kms:Decrypt action',
    ],
    [
      'the account in its policy hands the decision over',
      { identity: [may], resource: [{ ...may, Principal: root }] },
      undefined,
    ],
    [
      '… and the own policies may say nothing',
      { resource: [{ ...may, Principal: root }] },
      'because no identity-based policy allows the kms:Decrypt action',
    ],
    ['a policy that names the caller is enough', { resource: [{ ...may, Principal: { AWS: ROLE } }] }, undefined],
    [
      'a deny of the caller wins',
      { identity: [{ ...may, Effect: 'Deny' }], resource: [{ ...may, Principal: { AWS: ROLE } }] },
      'with an explicit deny in an identity-based policy',
    ],
  ])('%s', (_, request, answer) => {
    expect(objection({ ...use, ...request })).toBe(answer);
  });
});

describe('a service', () => {
  const events = { service: 'events.amazonaws.com', sourceArn: 'arn:aws:events:us-east-1:000000000000:rule/r' };
  const call = { principal: events, action: 'sns:Publish', on: 'arn:aws:sns:us-east-1:000000000000:News' };
  const may = { Effect: 'Allow', Action: 'sns:Publish', Resource: '*' };
  it.each<[what: string, resource: Statement[], allowed: boolean]>([
    ['needs the consent of the resource', [], false],
    ['is named by its own name', [{ ...may, Principal: { Service: 'events.amazonaws.com' } }], true],
    ['is not another service', [{ ...may, Principal: { Service: 'lambda.amazonaws.com' } }], false],
    ['is not the account', [{ ...may, Principal: { AWS: ACCOUNT } }], false],
    ['is among everybody', [{ ...may, Principal: '*' }], true],
    [
      'is denied with everybody',
      [
        { ...may, Principal: { Service: 'events.amazonaws.com' } },
        { ...may, Effect: 'Deny', Principal: '*' },
      ],
      false,
    ],
  ])('%s', (_, resource, allowed) => {
    expect(objection({ ...call, identity: [may], resource }) === undefined).toBe(allowed);
  });
});

describe('write-once', () => {
  const lock = `${BUCKET}/lock.json`;
  const resource: Statement[] = [
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      NotResource: lock,
      Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    },
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Resource: lock,
      Condition: { Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    },
  ];
  const identity = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }];
  const put = { 's3:objectcreationoperation': 'true' };
  it.each<[what: string, on: string, context: Context, allowed: boolean]>([
    ['a put without a condition', OBJECT, put, false],
    ['a put where nothing is', OBJECT, { ...put, 's3:if-none-match': '*' }, true],
    ['a put over a known object', OBJECT, { ...put, 's3:if-match': 'etag' }, false],
    ['a part of an upload', OBJECT, { 's3:objectcreationoperation': 'false' }, true],
    ['a lock put without a condition', lock, put, false],
    ['a lock put where none is', lock, { ...put, 's3:if-none-match': '*' }, true],
    ['a lock put over a known one', lock, { ...put, 's3:if-match': 'etag' }, true],
  ])('%s', (_, on, context, allowed) => {
    const answer = objection({ identity, resource, action: 's3:PutObject', on, context });
    expect(answer).toBe(allowed ? undefined : DENIED_BY_RESOURCE);
  });
});
