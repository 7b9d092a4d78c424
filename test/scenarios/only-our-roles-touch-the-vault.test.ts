import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EngineOnHome, HOST_ROLE } from '../support/engine-on-home.ts';
import { createHost } from '../support/host.ts';
import { quietEngine } from '../support/quiet-engine.ts';
import type { TestHost } from '../support/test-host.ts';

quietEngine();
let host: TestHost;
let suite: Suite;
let home: EngineOnHome | undefined;

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
  expect((await suite.run('backup')).exitCode).toBe(0);
  expect((await suite.run('verify', 'latest')).exitCode).toBe(0);
  expect((await suite.run('prune', '--dry-run')).exitCode).toBe(0);
});
afterEach(async () => {
  await home?.engine.close();
  home = undefined;
});
afterAll(() => host.remove());

const subjects = async () => (await alertsOf(suite.home)).map(({ subject }) => subject);

/** The subjects of all alerts but the first ones; of one caller, and told once within each hour of the clock, in which a test may end. */
async function toldOnce(before: number): Promise<string[]> {
  const told = (await alertsOf(suite.home)).slice(before);
  const inTheirHours = told.map(({ subject, message }) => `${subject} ${/^Time: (.{13})/m.exec(message)?.[1]}`);
  expect(inTheirHours).toEqual([...new Set(inTheirHours)]);
  return [...new Set(told.map(({ subject }) => subject))];
}

/** The vault as somebody sees it, with an object of each kind. */
async function vaultAs(role?: string) {
  home ??= await EngineOnHome.open(suite);
  const reader = new S3Client(await home.as(`${suite.name}-vault-reader`));
  const { Versions = [] } = await reader.send(new ListObjectVersionsCommand({ Bucket: home.bucket }));
  const find = (part: string) => {
    const { Key, VersionId } = Versions.find((version) => version.Key!.includes(part))!;
    return { Bucket: home!.bucket, Key: Key!, VersionId: VersionId! };
  };
  // Its alert comes before those of what the test asks for.
  await home.engine.idle();
  return { s3: new S3Client(await home.as(role)), manifest: find('/recovery-points/'), artifact: find('/artifacts/') };
}

/** What is asked for, and `done` or the name of the error. */
async function answers(calls: Record<string, () => Promise<unknown>>): Promise<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const [what, call] of Object.entries(calls)) {
    given[what] = await call().then(
      () => 'done',
      ({ name }: Error) => name,
    );
  }
  return given;
}

const all = (calls: Record<string, unknown>, answer: string) =>
  Object.fromEntries(Object.keys(calls).map((what) => [what, answer]));

describe('the vault', () => {
  it('has nothing to tell while only our roles use it', async () => {
    expect(await subjects()).toEqual([]);
  });

  it('lets an administrator with every right neither read, write, tag, lock nor delete, and tells of each try once', async () => {
    const { s3, artifact, manifest } = await vaultAs();
    const before = (await subjects()).length;
    const { Bucket, Key } = artifact;
    const tries = {
      'read an artifact': () => s3.send(new GetObjectCommand({ Bucket, Key })),
      'read a manifest': () => s3.send(new GetObjectCommand({ Bucket, Key: manifest.Key })),
      'read a version': () => s3.send(new GetObjectCommand(artifact)),
      'write beside it': () => s3.send(new PutObjectCommand({ Bucket, Key: `${Key}x`, Body: 'x', IfNoneMatch: '*' })),
      'write over it': () => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })),
      'hide it': () => s3.send(new DeleteObjectCommand({ Bucket, Key })),
      'delete a version': () => s3.send(new DeleteObjectCommand(artifact)),
      'let it expire': () =>
        s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'retention', Value: 'failed' }] } })),
      'take its tags': () => s3.send(new DeleteObjectTaggingCommand({ Bucket, Key })),
      'lock it for ever': () =>
        s3.send(
          new PutObjectRetentionCommand({
            ...artifact,
            Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date('2099-01-01T00:00:00Z') },
          }),
        ),
      'ask for archived bytes': () => s3.send(new RestoreObjectCommand({ ...artifact, RestoreRequest: { Days: 1 } })),
    };
    expect(await answers(tries)).toEqual(all(tries, 'AccessDenied'));
    await home!.engine.idle();
    const refused = (await toldOnce(before)).filter((subject) => subject.endsWith('(refused)'));
    expect(refused.sort()).toEqual(
      [
        'DeleteObject',
        'DeleteObjectTagging',
        'GetObject',
        'PutObject',
        'PutObjectLockRetention',
        'PutObjectTagging',
        'RestoreObject',
      ].map((call) => `${suite.name}: VaultTouched: ${call} (refused)`),
    );
    const alert = (await alertsOf(suite.home)).find(({ subject }) => subject.endsWith('GetObject (refused)'));
    expect(alert!.message).toMatch(/^VaultTouched: arn:aws:iam::\d+:user\/operator called GetObject/);
    expect(alert!.message).toContain('It was refused: AccessDenied.');
    expect(alert!.message).toContain(Key);
    expect(alert!.message).toContain('heading "VaultTouched"');
  });

  it('lets the reader read everything and do nothing else, and tells of it', async () => {
    const { s3, artifact, manifest } = await vaultAs(`${suite.name}-vault-reader`);
    const before = (await subjects()).length;
    const { Bucket, Key } = artifact;
    const reads = {
      'read an artifact': () => s3.send(new GetObjectCommand(artifact)),
      'read a manifest': () => s3.send(new GetObjectCommand({ Bucket, Key: manifest.Key })),
      'list everything': () => s3.send(new ListObjectsV2Command({ Bucket })),
    };
    const others = {
      write: () => s3.send(new PutObjectCommand({ Bucket, Key: `${Key}x`, Body: 'x', IfNoneMatch: '*' })),
      'hide it': () => s3.send(new DeleteObjectCommand({ Bucket, Key })),
      'delete a version': () => s3.send(new DeleteObjectCommand(artifact)),
      'let it expire': () =>
        s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: 'retention', Value: 'failed' }] } })),
    };
    expect(await answers({ ...reads, ...others })).toEqual({ ...all(reads, 'done'), ...all(others, 'AccessDenied') });
    await home!.engine.idle();
    expect(await toldOnce(before)).toContain(`${suite.name}: VaultTouched: GetObject`);
  });

  it('lets the role of the command read what is written about points, and no byte of an artifact', async () => {
    const { s3, artifact, manifest } = await vaultAs(`${suite.name}-backup-operator`);
    const before = await subjects();
    const { Bucket, Key } = artifact;
    const others = {
      'read an artifact': () => s3.send(new GetObjectCommand({ Bucket, Key })),
      'read a version': () => s3.send(new GetObjectCommand(artifact)),
      'list artifacts': () => s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${suite.name}/artifacts/` })),
      write: () => s3.send(new PutObjectCommand({ Bucket, Key: `${manifest.Key}x`, Body: 'x', IfNoneMatch: '*' })),
      'delete a manifest': () => s3.send(new DeleteObjectCommand({ Bucket, Key: manifest.Key })),
    };
    const read = { 'read a manifest': () => s3.send(new GetObjectCommand({ Bucket, Key: manifest.Key })) };
    expect(await answers({ ...others, ...read })).toEqual({ ...all(others, 'AccessDenied'), ...all(read, 'done') });
    await home!.engine.idle();
    // It is one of ours: only its deletion is told.
    expect((await subjects()).slice(before.length)).toEqual([`${suite.name}: VaultTouched: DeleteObject (refused)`]);
  });

  it('tells of a host that reads, lists or is refused, and not of what it puts', async () => {
    const { s3, artifact } = await vaultAs(HOST_ROLE);
    const before = await subjects();
    const { Bucket, Key } = artifact;
    const tries = {
      put: () => s3.send(new PutObjectCommand({ Bucket, Key: `${Key}x`, Body: 'x', IfNoneMatch: '*' })),
      read: () => s3.send(new GetObjectCommand({ Bucket, Key })),
      'write over': () => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })),
    };
    expect(await answers(tries)).toEqual({ put: 'done', read: 'AccessDenied', 'write over': 'AccessDenied' });
    await home!.engine.idle();
    expect((await subjects()).slice(before.length).sort()).toEqual(
      ['GetObject', 'PutObject'].map((call) => `${suite.name}: VaultTouched: ${call} (refused)`),
    );
  });
});
