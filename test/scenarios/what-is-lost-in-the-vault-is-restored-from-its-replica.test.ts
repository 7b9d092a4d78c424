import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ageHome } from '../support/aged-home.ts';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { modeOn, putKeys } from '../support/encrypted-suite.ts';
import { EngineOnHome } from '../support/engine-on-home.ts';
import { createHost } from '../support/host.ts';
import { quietEngine } from '../support/quiet-engine.ts';
import type { Postgres, TestHost, Volume } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

quietEngine();
const REGION = 'eu-west-1';

let host: TestHost;
let uploads: Volume;
let server: Postgres;
let suite: Suite;
let point: string;
let vault: TamperedVault;
let replica: TamperedVault;
let replicaBucket: string;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  server = await host.postgres('db', { databases: ['shop'] });
  await server.sql('shop', 'create table orders (id int primary key); insert into orders select generate_series(1, 10)');
  // Encrypted, too: what opens it is in neither bucket.
  const encryption = await modeOn(host, 'openssl');
  suite = await createSuite({
    host,
    suite: {
      encryption: encryption.suite,
      sources: {
        databases: [{ name: 'shop', container: server.container }],
        volumes: [{ name: 'uploads', volume: uploads.name }],
      },
      vault: { replica: { region: REGION } },
    },
  });
  await putKeys(suite, encryption);
  point = (await provenBackup(suite)).point!.id;
  [vault, replica] = await Promise.all([TamperedVault.open(suite.home), TamperedVault.open(suite.home, 'replica')]);
  replicaBucket = (await status()).bucket;
});
afterAll(() => host.remove());

const status = async () => (await succeed(suite, 'status')).json.replica!;
/** What a point is made of, and what is copied of it. */
const isOf = (id: string, key: string) =>
  ['artifacts', 'proofs'].some((kind) => key.startsWith(`${suite.name}/${kind}/${id}/`)) ||
  key === `${suite.name}/recovery-points/${id}.json`;
const ofPoint = async (of: TamperedVault, id: string) => (await of.keys()).filter((key) => isOf(id, key));
const subjects = async () => (await alertsOf(suite.home)).map(({ subject }) => subject);

it('a backup is in the other region when it is done, and nobody is told of anything', async () => {
  expect(await status()).toMatchObject({
    region: REGION,
    newestProven: point,
    lag: { objects: 0, points: [], since: null },
    error: null,
  });
  const stored = await ofPoint(replica, point);
  const kinds = ['artifacts', 'proofs', 'recovery-points'];
  for (const kind of kinds) expect(stored.some((key) => key.startsWith(`${suite.name}/${kind}/`))).toBe(true);
  expect(await subjects()).toEqual([]);
});

/** While it is open no command runs. */
async function onHome<Result>(work: (home: EngineOnHome) => Promise<Result>): Promise<Result> {
  const home = await EngineOnHome.open(suite);
  try {
    const result = await work(home);
    await home.engine.idle();
    return result;
  } finally {
    await home.engine.close();
  }
}

/** Every version of the point's objects in the vault. */
async function versions(home: EngineOnHome) {
  const reader = new S3Client(await home.as(`${suite.name}-vault-reader`));
  const { Versions = [] } = await reader.send(new ListObjectVersionsCommand({ Bucket: home.bucket }));
  return Versions.filter(({ Key }) => isOf(point, Key!)).map(({ Key, VersionId }) => ({
    Bucket: home.bucket,
    Key: Key!,
    VersionId: VersionId!,
  }));
}

it('who deletes in the vault, or gives a point up there, takes nothing from the replica', async () => {
  const stored = await ofPoint(replica, point);
  await onHome(async (home) => {
    const given = new S3Client(await home.as(`${suite.name}-backup-give-up`));
    const Tagging = { TagSet: [{ Key: 'retention', Value: 'failed' }] };
    for (const version of await versions(home)) await given.send(new PutObjectTaggingCommand({ ...version, Tagging }));
  });
  await onHome(async (home) => {
    const reader = new S3Client({ ...(await home.as()), region: REGION });
    for (const Key of stored) {
      const { TagSet } = await reader.send(new GetObjectTaggingCommand({ Bucket: replicaBucket, Key }));
      expect([Key, TagSet]).toEqual([Key, [{ Key: 'retention', Value: 'failed' }]]);
    }
    const remover = new S3Client(await home.as(`${suite.name}-backup-show-again`));
    const archive = (await versions(home)).find(({ Key }) => Key.endsWith('.tar.zst.enc') && !Key.includes('.inventory.'))!;
    await remover.send(new DeleteObjectCommand(archive));
  });
  ageHome(suite.home, 10);
  expect(await status()).toMatchObject({ newestProven: point, lag: { objects: 0 } });
  expect(await ofPoint(vault, point)).toEqual([]);
  expect(await ofPoint(replica, point)).toEqual(stored);
});

it('what is at the replica can be changed by nobody, whatever rights he has', async () => {
  await onHome(async (home) => {
    const admin = new S3Client({ ...(await home.as()), region: REGION });
    const [Key] = await ofPoint(replica, point);
    const at = { Bucket: replicaBucket, Key: Key! };
    const refusals = await Promise.all(
      [
        admin.send(new PutObjectCommand({ ...at, Body: 'x' })),
        admin.send(new DeleteObjectCommand(at)),
        admin.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [] } })),
      ].map((call) =>
        call.then(
          () => 'done',
          ({ name }: Error) => name,
        ),
      ),
    );
    expect(refusals).toEqual(['AccessDenied', 'AccessDenied', 'AccessDenied']);
    const { Errors = [] } = await admin.send(
      new DeleteObjectsCommand({ Bucket: replicaBucket, Delete: { Objects: [{ Key: Key! }] } }),
    );
    expect(Errors.map(({ Code }) => Code)).toEqual(['AccessDenied']);
  });
});

it('a point of which the vault has nothing left is proven from the replica, and the vault does not count that', async () => {
  for (const key of await vault.keys()) if (key.includes(point)) await vault.delete(key);
  const lost = await suite.run('verify', point);
  expect([lost.exitCode, lost.json.error?.name]).toEqual([4, 'NotFound']);
  const { json } = await succeed(suite, 'verify', point, '--from', 'replica');
  expect(json.proof).toMatchObject({ ok: true, readFrom: 'replica' });
  expect(json.point).toMatchObject({ id: point, state: 'proven' });
  const kinds = new Set(json.proof!.checks.map(({ kind }) => kind));
  for (const kind of ['object', 'read-back', 'archive', 'restore', 'table', 'schema', 'files', 'signature'])
    expect(kinds).toContain(kind);
  expect((await succeed(suite, 'list')).json.points.filter(({ restorable }) => restorable)).toEqual([]);
});

it('it is restored from the replica: the database and the files', async () => {
  await uploads.write({ 'invoice.txt': '999' });
  await server.sql('shop', 'delete from orders');
  for (const mode of ['database', 'files']) {
    const restored = await suite.run(
      'restore',
      point,
      '--from',
      'replica',
      '--mode',
      mode,
      '--no-safety-point',
      '--confirm',
      suite.name,
    );
    expect([restored.exitCode, restored.json.outcome], restored.stderr).toEqual([0, 'restored']);
  }
  expect(await readFile(join(uploads.folder, 'invoice.txt'), 'utf8')).toBe('100');
  expect(await server.sql('shop', 'select count(*) from orders')).toBe('10');
});

it('while replication is late status says how much is not there yet, and after it nothing', async () => {
  host.environment.SUITE_BACKUP_REPLICATION = 'held';
  const next = (await provenBackup(suite)).point!.id;
  const late = await status();
  expect(late).toMatchObject({ newestProven: point, lag: { points: [next], since: expect.any(String) }, error: null });
  expect(late.lag.objects).toBe((await ofPoint(vault, next)).length);
  expect(late.lastLook!.points[0]).toMatchObject({ id: next, state: 'pending' });
  delete host.environment.SUITE_BACKUP_REPLICATION;
  expect((await succeed(suite, 'list')).json.points[0]!.id).toBe(next);
  expect(await status()).toMatchObject({ newestProven: next, lag: { objects: 0, points: [] }, error: null });
});

it('what S3 gives up to replicate is told, and status says so', async () => {
  await onHome(async (home) => {
    const kms = new KMSClient({ ...(await home.as()), region: REGION });
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: `alias/${suite.name}-replica` }));
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata!.KeyId! }));
  });
  const before = (await subjects()).length;
  const { id } = (await succeed(suite, 'verify', 'latest')).json.point!;
  expect((await subjects()).slice(before)).toEqual([`${suite.name}: retain failed: ReplicaBehind`]);
  const { error, lastLook, lag } = await status();
  expect(error).toMatchObject({
    name: 'ReplicaBehind',
    message: expect.stringMatching(/^It cannot be read: KeyUnusable.*given up by S3.*such as .*\/proofs\//),
  });
  expect([lastLook!.points[0], lag.objects]).toMatchObject([{ id, state: 'failed', lacking: 1 }, 1]);
});
