import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Manifest } from '../../functions/contract/manifest.ts';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { command } from '../support/command.ts';
import type { Artifact, Check, Documents } from '../support/contract.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;
let backup: Documents['backup'];
let shown: Documents['show'];

const SECRETS = ['AWS Secrets Manager process-engineering/database-url', 'AWS SSM /process-engineering/smtp'];

beforeAll(async () => {
  host = await createHost();
  const uploads = await host.volume('uploads', { 'drawing.pdf': 'drawing', 'sub/notes.txt': 'notes' });
  db = await host.postgres('db', {
    databases: ['engsuite'],
    labels: { 'com.docker.compose.project': 'pes', 'com.docker.compose.service': 'database' },
    files: { 'app/exports/a.csv': '1,2\n', 'app/exports/deep/b.csv': '3,4\n', 'app/config.json': '{}\n' },
    mounts: { '/app/uploads': uploads.name },
  });
  await db.sql(
    'engsuite',
    `create role app login;
     create table users (id serial primary key, name text not null);
     insert into users (name) select 'user ' || n from generate_series(1, 50) n;
     create table parts (code text primary key, weight numeric);
     insert into parts values ('P1', 1.50), ('P2', null);
     grant select on users to app;`,
  );
  const files = await host.directory({
    '.env.production': 'A=1\n',
    'infra/docker-compose.yml': 'services: {}\n',
    'readme.md': 'no\n',
  });
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [{ name: 'engsuite', container: db.container, plainSql: true }],
        volumes: [{ name: 'uploads', volume: uploads.name }],
        paths: [
          { name: 'exports', container: db.container, path: '/app/exports' },
          { name: 'config', container: db.container, path: '/app/config.json' },
          { name: 'mounted', container: db.container, path: '/app/uploads/sub' },
        ],
        files: [{ name: 'environment', directory: files.folder, include: ['.env.*', 'infra/*.yml'] }],
      },
      secretsKeptIn: SECRETS,
      verification: { checks: [{ name: 'users', database: 'engsuite', sql: 'select count(*) from users', expect: { min: 50 } }] },
    },
  });
  backup = await provenBackup(suite);
  shown = (await succeed(suite, 'show', 'latest')).json;
});
afterAll(() => host.remove());

it('is proven and restorable, and nobody is alarmed', async () => {
  expect(backup.point).toMatchObject({ sources: { declared: 7, captured: 7, absent: 0, failed: 0 }, lastProof: { ok: true } });
  expect(backup.warnings).toEqual([]);
  expect(shown.point).toEqual(backup.point);
  expect(await alertsOf(suite.home)).toEqual([]);
});

it('shows every stored object, and each lies in the vault as it says', async () => {
  expect(shown.artifacts.map(({ kind, source }) => `${kind} ${source}`)).toEqual([
    ...Array(4).fill('database engsuite'),
    `globals ${db.container}`,
    ...Array(2).fill('volume uploads'),
    ...Array(2).fill('path exports'),
    ...Array(2).fill('path config'),
    ...Array(2).fill('path mounted'),
    ...Array(2).fill('files environment'),
  ]);
  for (const artifact of shown.artifacts) await expectStored(artifact);
  expect(backup.point!.bytes).toBe(shown.artifacts.reduce((sum, { bytes }) => sum + bytes!, 0));
  expect(shown.artifacts.find(({ key, source }) => source === 'uploads' && key!.endsWith('.tar.zst'))!.rawBytes).toBe(12);
});

async function expectStored({ key, state, reason, versionId, bytes, sha256, seconds, file }: Artifact): Promise<void> {
  expect({ key, state, reason }).toEqual({
    key: expect.stringContaining(`/${backup.point!.id}/`),
    state: 'captured',
    reason: null,
  });
  const stored = await readFile(file!);
  expect({ bytes, sha256 }).toEqual({ bytes: stored.length, sha256: createHash('sha256').update(stored).digest('hex') });
  expect(versionId).toMatch(/.+/);
  expect(seconds).toBeGreaterThan(0);
}

it('brings its plain SQL back with gzip and psql alone, in one transaction, without owners and grants', async () => {
  const { file } = shown.artifacts.find(({ key }) => key!.endsWith('.plain.sql.gz'))!;
  await command(['gzip', '--test', file!]);
  const text = await command(['zcat', file!]);
  await db.sql('postgres', 'create database by_hand template template0');
  await db.sql('by_hand', text, '--single-transaction');
  const everything = `select md5(string_agg(u::text, ',' order by id)) from users u; select * from parts order by code;
    select nextval('users_id_seq'); select conname from pg_constraint where connamespace = 'public'::regnamespace order by 1`;
  expect(await db.sql('by_hand', everything)).toBe(await db.sql('engsuite', everything));
  expect(text).not.toMatch(/^(ALTER .* OWNER TO|GRANT|REVOKE) /m);
});

it('lets nobody but its owner read what lies in the home', async () => {
  const open: string[] = [];
  for (const entry of await readdir(suite.home, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    if (!entry.isSymbolicLink() && (mode & 0o077) !== 0 && !path.startsWith(join(suite.home, 'bin'))) open.push(path);
  }
  expect(open).toEqual([]);
});

it('has a proof that says of every check what was expected and what was found', () => {
  const [proof, ...others] = shown.proofs;
  expect(others).toEqual([]);
  expect(proof).toMatchObject({
    ok: true,
    server: { version: expect.stringMatching(/^\d+\.\d+/), image: expect.stringMatching(/\S/) },
  });
  expect(proof!.restoreSeconds).toBeGreaterThan(0);
  expect(backup.point!.lastProof).toMatchObject({ id: proof!.id, restoreSeconds: proof!.restoreSeconds });
  const checks = proof!.checks;
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  for (const check of checks) {
    expect(check.expected, `${check.kind} ${check.name}`).not.toBeNull();
    expect(check.actual, `${check.kind} ${check.name}`).not.toBeNull();
    expect(check.message).not.toBe('');
  }
  for (const kind of ['object', 'read-back']) {
    expect(names(checks, kind)).toEqual(shown.artifacts.map(({ source, key }) => `${source}: ${key}`).sort());
  }
  expect(names(checks, 'signature')).toEqual(['manifest: signature']);
  expect(names(checks, 'table')).toEqual(['engsuite: public.parts', 'engsuite: public.users']);
  expect(checks.find(({ name }) => name === 'public.users')).toMatchObject({
    expected: { rows: 50, hash: expect.stringMatching(/^-?\d+$/) },
    actual: { rows: 50, hash: expect.stringMatching(/^-?\d+$/) },
  });
  expect(names(checks, 'sequence')).toEqual(['engsuite: public.users_id_seq']);
  // Plain SQL was loaded and compared like the dump.
  const loaded = ['', ': large objects', ': public.parts', ': public.users', ': public.users_id_seq', ': schema'];
  expect(names(checks, 'restore')).toEqual(
    ['engsuite: pg_restore', `${db.container}: roles`, ...loaded.map((what) => `engsuite: plain SQL${what}`)].sort(),
  );
  expect(names(checks, 'files')).toEqual(
    ['config', 'environment', 'exports', 'mounted', 'uploads'].map((source) => `${source}: all entries`),
  );
  for (const kind of ['archive', 'schema', 'large-objects']) expect(names(checks, kind)).toHaveLength(1);
  expect(checks.find(({ kind }) => kind === 'sql')).toMatchObject({ name: 'users', expected: { min: 50 }, ok: true });
});

function names(checks: Check[], wanted: string): string[] {
  return checks
    .filter(({ kind }) => kind === wanted)
    .map(({ source, name }) => `${source}: ${name}`)
    .sort();
}

it('has a manifest that tells what it was taken from, and where the secrets are', () => {
  expect(shown.secretsKeptIn).toEqual(SECRETS);
  const manifest = shown.manifest as Manifest;
  expect(manifest).toMatchObject({
    id: backup.point!.id,
    suite: suite.name,
    tier: 'daily',
    trigger: 'manual',
    secretsKeptIn: SECRETS,
  });
  for (const tool of ['aws', 'zstd', 'tar', 'openssl']) expect(manifest.host.tools[tool]).toMatch(/\d+\.\d+/);
  const { container, server } = manifest.sources.find(({ kind }) => kind === 'database')!;
  expect(container).toMatchObject({
    name: db.container,
    image: expect.stringContaining('postgres'),
    imageId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    labels: expect.objectContaining({ 'com.docker.compose.project': 'pes', 'com.docker.compose.service': 'database' }),
  });
  expect(container!.imageDigests).toBeInstanceOf(Array);
  expect(server).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/), bootstrapUser: 'postgres', encoding: 'UTF8' });
  expect(server!.clientVersion).toContain(`pg_dump (PostgreSQL) ${server!.version.split('.')[0]}.`);
  expect(manifest.sources.find(({ name }) => name === 'mounted')).toMatchObject({
    container: { name: db.container },
    state: 'captured',
  });
});
