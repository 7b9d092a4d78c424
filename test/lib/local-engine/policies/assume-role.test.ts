import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Engine } from '../../../../lib/local-engine/engine.ts';
import { quietEngine } from '../../../support/quiet-engine.ts';
import { allow, reference } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';
import { outcome } from './refused.ts';
import { credentialsIn, type SessionCredentials, sts } from './sts-caller.ts';

quietEngine();

const Bucket = 'garden';
const account = (resource: string) => ({ 'Fn::Sub': `arn:aws:iam::${reference('AWS::AccountId')}:${resource}` });
const trusting = (principal: unknown, condition: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole', Condition: condition }],
});
const role = (name: string, trust: object, rights: object, more: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: trust,
    Policies: [{ PolicyName: 'rights', PolicyDocument: rights }],
    ...more,
  },
});
const reading = allow([['s3:GetObject', 's3:ListBucket'], '*']);
const arn = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

const shop = {
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: Bucket } },
    Reader: role('reader', trusting(account('user/operator')), reading, { MaxSessionDuration: 7200 }),
    Everybody: role('everybody', trusting(account('root')), reading),
    Outside: role('outside', trusting(account('root'), { StringEquals: { 'sts:ExternalId': 'tulip' } }), reading),
    Named: role('named', trusting(account('root'), { StringLike: { 'sts:RoleSessionName': 'audit-*' } }), reading),
    Nobody: role('nobody', trusting(account('role/reader')), reading),
    Climber: role('climber', trusting(account('user/operator')), allow(['sts:AssumeRole', account('role/everybody')])),
  },
};

async function open() {
  const { engine } = await started(shopOptions(shop));
  const assume = (roleName: string, more: Record<string, string> = {}, as: SessionCredentials = engine.operatorCredentials) =>
    sts(engine, as, 'AssumeRole', { RoleArn: arn(roleName), RoleSessionName: 'visit', ...more });
  return { engine, assume };
}

function s3(engine: Engine, credentials: SessionCredentials): S3Client {
  return new S3Client({ endpoint: engine.endpoint, region: engine.region, credentials, forcePathStyle: true, maxAttempts: 1 });
}

describe('a session of a role', () => {
  it('is given to whom the role trusts, for an hour unless it is said, and is who it says', async () => {
    const { engine, assume } = await open();
    const { status, result } = await assume('reader');
    expect(status).toBe(200);
    const credentials = credentialsIn(result);
    expect(credentials.accessKeyId).toMatch(/^ASIA[0-9A-F]{16}$/);
    expect(Math.abs(credentials.expiration.getTime() - Date.now() - 3_600_000)).toBeLessThan(5000);
    const session = 'arn:aws:sts::000000000000:assumed-role/reader/visit';
    expect(result.AssumedRoleUser).toEqual({ Arn: session, AssumedRoleId: expect.stringMatching(/^AROA[0-9A-F]{17}:visit$/) });
    const { result: identity } = await sts(engine, credentials, 'GetCallerIdentity');
    expect(identity).toEqual({ Arn: session, UserId: result.AssumedRoleUser!.AssumedRoleId, Account: '000000000000' });
  });

  it('may do what the role may, and not what its maker may', async () => {
    const { engine, assume } = await open();
    await s3(engine, engine.operatorCredentials).send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
    const client = s3(engine, credentialsIn((await assume('reader')).result));
    expect(await outcome(client.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBe('done');
    await expect(client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'y' }))).rejects.toThrow(
      /^User: arn:aws:sts::000000000000:assumed-role\/reader\/visit is not authorized to perform: s3:PutObject/,
    );
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'a' }), { expiresIn: 60 });
    expect((await fetch(url)).status).toBe(200);
  });

  it('needs its token', async () => {
    const { engine, assume } = await open();
    const { accessKeyId, secretAccessKey } = credentialsIn((await assume('reader')).result);
    const list = new ListObjectsV2Command({ Bucket });
    expect(await outcome(s3(engine, { accessKeyId, secretAccessKey }).send(list))).toBe('InvalidToken');
    expect(await outcome(s3(engine, { accessKeyId, secretAccessKey, sessionToken: 'x' }).send(list))).toBe('InvalidToken');
  });

  it('ends with its time, and what it signed ends with it', async () => {
    const { engine, assume } = await open();
    const client = s3(engine, credentialsIn((await assume('reader', { DurationSeconds: '900' })).result));
    const list = () => outcome(client.send(new ListObjectsV2Command({ Bucket })));
    const url = await getSignedUrl(client, new ListObjectsV2Command({ Bucket }), { expiresIn: 7200 });
    expect(await list()).toBe('done');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 901_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    expect(await list()).toBe('ExpiredToken');
    expect(await (await fetch(url)).text()).toContain('<Code>ExpiredToken</Code>');
  });

  it.each([
    ['899', /900 to 7200/],
    ['7201', /900 to 7200/],
    ['an hour', /900 to 7200/],
  ])('does not last %s seconds', async (DurationSeconds, message) => {
    const { assume } = await open();
    const { status, error } = await assume('reader', { DurationSeconds });
    expect([status, error?.Code]).toEqual([400, 'ValidationError']);
    expect(error?.Message).toMatch(message);
  });
});

describe('a role', () => {
  it.each<[what: string, role: string, parameters: Record<string, string>, answer: string]>([
    ['that trusts the account leaves it to the own policies', 'everybody', {}, 'done'],
    ['that trusts somebody else refuses', 'nobody', {}, 'AccessDenied'],
    ['that does not exist refuses likewise', 'ghost', {}, 'AccessDenied'],
    ['that wants to be told something refuses without', 'outside', {}, 'AccessDenied'],
    ['that wants to be told something refuses another', 'outside', { ExternalId: 'rose' }, 'AccessDenied'],
    ['that wants to be told something is content with it', 'outside', { ExternalId: 'tulip' }, 'done'],
    ['that wants a name refuses another', 'named', {}, 'AccessDenied'],
    ['that wants a name is content with it', 'named', { RoleSessionName: 'audit-1' }, 'done'],
    ['takes no policy of the session, which the engine does not know', 'reader', { Policy: '{}' }, 'ValidationError'],
    ['needs a name of the session', 'reader', { RoleSessionName: '?' }, 'ValidationError'],
  ])('%s', async (_, name, parameters, answer) => {
    const { assume } = await open();
    const { status, error } = await assume(name, parameters);
    expect([status === 200 ? 'done' : error?.Code]).toEqual([answer]);
  });

  it('is acted as by a session only if the session may, and then for an hour at most', async () => {
    const { assume } = await open();
    const climber = credentialsIn((await assume('climber')).result);
    expect((await assume('everybody', {}, climber)).status).toBe(200);
    expect((await assume('everybody', { DurationSeconds: '3601' }, climber)).error?.Message).toMatch(/900 to 3600/);
    const reader = credentialsIn((await assume('reader')).result);
    const { error } = await assume('everybody', {}, reader);
    expect(error).toMatchObject({
      Code: 'AccessDenied',
      Message: expect.stringMatching(/perform: sts:AssumeRole on resource: .*:role\/everybody because no identity-based policy/),
    });
    // A role that is named in the trust policy needs no right of its own.
    expect((await assume('nobody', {}, reader)).status).toBe(200);
  });
});
