import { link, lutimes, mkdir, open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { command, commandBytes } from '../support/command.ts';
import type { Documents } from '../support/contract.ts';
import { createHost } from '../support/host.ts';
import { PROJECT } from '../support/host-folders.ts';
import type { Folder, Postgres, TestHost } from '../support/test-host.ts';
import { writeTree } from '../support/tree.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;
let shown: Documents['show'];
const folders: Record<string, string> = {};

/** What a shell, psql, tar, JSON or a connection string might take apart; as short as PostgreSQL wants names, some text being put behind it. */
const ODD = 'o\'d "n" $(touch hacked) `touch hacked` %s \\n \\\t\n[é名';
const DATABASES = [ODD, '--version', 'host=127.0.0.9 dbname=template1'];
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const PASSWORD = 'it\'s "$x" \\ ü';

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', {
    databases: DATABASES,
    environment: { ODD_PASSWORD: PASSWORD },
    files: { [`app/${ODD}/${ODD}`]: ODD, 'app/-rf/--help': '' },
  });
  await db.sql(
    'postgres',
    `create role ${identifier(ODD)} superuser login password ${literal(PASSWORD)}; create role "-rf"; grant "-rf" to ${identifier(ODD)};`,
  );
  for (const database of DATABASES) await db.sql(database, oddContent(database));
  const volume = await host.volume('odd');
  await fillVolume(volume);
  await fillWithKinds(join(volume.folder, 'kinds'), SPARSE[0]!);
  await fillWithKinds(join(db.folder, 'app/kinds'), SPARSE[1]!);
  const files = await host.directory({
    [`${ODD}/${ODD}.env`]: ODD,
    [`${ODD}/-n.env`]: '',
    [`${ODD}/left.out`]: 'x',
    'sp ace/a[1]*.pem': 'p',
  });
  Object.assign(folders, { volume: volume.folder, path: join(db.folder, 'app'), files: join(files.folder, ODD) });
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: DATABASES.map((database, index) => ({
          name: `db${index}`,
          container: db.container,
          database,
          user: ODD,
          passwordVariable: 'ODD_PASSWORD',
        })),
        volumes: [
          { name: 'volume', volume: volume.name, exclude: ['cache/*', '*.t[m]p', `${ODD.replace(/[\\*[]/g, '\\$&')}.not`] },
        ],
        paths: [
          { name: 'path', container: db.container, path: '/app' },
          { name: 'deep', container: db.container, path: `/app/${ODD}` },
          { name: 'dash', container: db.container, path: '/app/-rf/--help' },
        ],
        files: [
          { name: 'files', directory: join(files.folder, ODD), include: ['*.env'] },
          { name: 'spaces', directory: files.folder, include: ['sp ace/a[[]1*.pem'] },
        ],
      },
      secretsKeptIn: [ODD],
      verification: {
        checks: DATABASES.map((name, index) => ({
          name: `odd-${index}`,
          database: `db${index}`,
          sql: `select ${literal(name)}`,
          expect: { equals: name },
        })),
      },
    },
  });
  const backup = await provenBackup(suite);
  expect(backup.warnings).toEqual([]);
  shown = (await succeed(suite, 'show', 'latest')).json;
});
afterAll(() => host.remove());

function oddContent(database: string): string {
  const [name, text] = [identifier(ODD), literal(ODD)];
  return `create schema ${name} authorization ${name};
    create type ${name}.${identifier(`${ODD} type`)} as enum (${text}, '-', '');
    create sequence ${name}.${identifier(`${ODD} seq`)};
    create table ${name}.${name} (${name} text primary key default ${text} check (${name} <> ''), mood ${name}.${identifier(`${ODD} type`)}, n serial);
    insert into ${name}.${name} values (${text}, ${text}), (E'\\\\.', '-'), (E'\\\\N', ''), (E'\\x01\\x7f\\u0085\\u2028\\U0001F600', null), (E'\\r\\n\\t', null);
    create index ${identifier(`${ODD} index`)} on ${name}.${name} (lower(${name}));
    create table "-rf" ("--" int, ${name} text); insert into "-rf" values (1, ${text});
    create function ${name}.${name}(${name} text) returns text language sql as $body$ select ${text} || $1 $body$;
    create view ${identifier(`${ODD} view`)} as select ${name} as ${identifier(`${ODD} column`)}, ${text} as constant from ${name}.${name};
    comment on table ${name}.${name} is ${text}; comment on database ${identifier(database)} is ${text};
    grant select on ${name}.${name} to "-rf"; grant connect on database ${identifier(database)} to "-rf";
    alter database ${identifier(database)} set application_name = 'odd ''name''';
    select lo_from_bytea(0, convert_to(${text}, 'UTF8'));`;
}

async function fillVolume(volume: Folder): Promise<void> {
  const long = 'l'.repeat(250);
  const [old, future] = [new Date('1965-03-04T05:06:07Z'), new Date('2301-02-03T04:05:06Z')];
  const names = [
    ODD,
    '-rf',
    '--checkpoint-action=exec=touch hacked',
    '*',
    '?',
    '~',
    ' ',
    '\n',
    'end\n',
    '\\',
    '\\n',
    'a\\\nb',
    "'",
    '"',
    '%s%n',
    '...',
    'ü'.repeat(125),
    long,
    '#c',
    `*b ${'f'.repeat(64)}`,
  ];
  await volume.write({
    ...Object.fromEntries(names.map((name, index) => [name, `content ${index}`])),
    [`${'d'.repeat(120)}/${'é'.repeat(100)}/${long}/${long}/deep`]: 'deep',
    [`${'d'.repeat(97)}/xy`]: 'a path of exactly 100 bytes',
    [`${'d'.repeat(98)}/xy`]: 'and one of 101',
    [`folder ${ODD}/empty ${ODD}`]: { folder: true },
    'modes/none': { content: 'nobody', mode: 0o000 },
    'modes/setuid': { content: '#!/bin/sh', mode: 0o4755 },
    'modes/setgid': { folder: true, mode: 0o2775 },
    'modes/sticky': { folder: true, mode: 0o1777 },
    'modes/closed': { folder: true, mode: 0o000 },
    'owners/many': { content: '', owner: [65_534, 12_345] },
    'owners/huge': { content: 'x', owner: [4_000_000_000, 3_000_000] },
    'times/old': { content: 'o', modifiedAt: old },
    'times/future': { content: 'f', modifiedAt: future },
    'times/folder': { folder: true, modifiedAt: old },
    'times/link': { link: 'old', modifiedAt: old },
    'links/relative': { link: '../modes/none' },
    'links/absolute': { link: '/etc/passwd' },
    'links/dangling': { link: 'nowhere' },
    'links/folder': { link: '../modes' },
    'links/loop': { link: 'loop' },
    [`links/${ODD}`]: { link: ODD },
    'links/long': { link: `${'é'.repeat(60)}/${long}` },
    'large.bin': Buffer.alloc(3_000_001, 'abc'),
    'cache/left-out': 'x',
    'some.tmp': 'x',
    'sub/other.tmp': 'x',
    [`${ODD}.not`]: 'x',
  });
  const raw = (...parts: (string | number[])[]) =>
    Buffer.concat([
      Buffer.from(`${volume.folder}/`),
      ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
    ]);
  await writeFile(raw('bad ', [0xff, 0xfe, 0x80]), 'invalid');
  await mkdir(raw([0xc3, 0x28]));
  await writeFile(raw([0xc3, 0x28], `/${'x'.repeat(150)}`, [0x80, 0x0a, 0x81]), 'invalid and long');
  await symlink(Buffer.concat([Buffer.from('t'.repeat(120)), Buffer.from([0xe9, 0x0a, 0xff])]), raw('links/bad'));
  await link(join(volume.folder, 'large.bin'), join(volume.folder, 'links/hard'));
  await link(join(volume.folder, 'links/dangling'), join(volume.folder, 'links/hard to a link'));
  await link(join(volume.folder, ODD), join(volume.folder, `links/hard ${ODD}`));
  await command(['mkfifo', join(volume.folder, 'fifo'), '--mode=0640']);
  await lutimes(volume.folder, old, old);
}

/** Bytes of a sparse file in the volume and in the path. */
const SPARSE = [1024 ** 3, 100_000_000];
const HOLE = 50_000_000;

/** What is easily lost although no byte is: holes, names of one file, owners that nobody has, bits that a change of owner clears. */
async function fillWithKinds(folder: string, size: number): Promise<void> {
  const modifiedAt = new Date('2019-08-07T06:05:04Z');
  await writeTree(folder, {
    'a/first name': { content: 'three names', mode: 0o604, owner: [1_234_567, 7_654_321], modifiedAt },
    'setuid and setgid': { content: '#!/bin/sh', mode: 0o6755, owner: [2_000_001, 2_000_002] },
    'sticky file': { content: 'x', mode: 0o1640, owner: [0, 3_000_003] },
    'all bits': { folder: true, mode: 0o7777, owner: [2_000_001, 0] },
    'link of nobody': { link: 'a/first name', owner: [1_234_567, 1], modifiedAt },
  });
  for (const name of ['b', 'b/c']) await mkdir(join(folder, name));
  for (const name of ['b/second name', 'b/c/third name']) await link(join(folder, 'a/first name'), join(folder, name));
  await command(['mkfifo', '--mode=0623', join(folder, 'fifo')]);
  await link(join(folder, 'fifo'), join(folder, 'b/fifo of its own'));
  const sparse = await open(join(folder, 'sparse'), 'w', 0o640);
  // Data in more places than the header of an archive's entry has room for.
  for (let n = 0; n < 30; n++) await sparse.write(`island ${n}`, n * Math.floor(size / 31));
  await sparse.truncate(size);
  await sparse.close();
  const hole = await open(join(folder, 'hole'), 'w');
  await hole.truncate(HOLE);
  await hole.close();
  await link(join(folder, 'hole'), join(folder, 'b/same hole'));
  for (const name of ['sparse', 'hole']) await lutimes(join(folder, name), modifiedAt, modifiedAt);
}

it('is proven, with every table and every check by its own name', () => {
  const { checks } = shown.proofs[0]!;
  const name = identifier(ODD);
  for (const index of DATABASES.keys()) {
    const own = checks.filter(({ source }) => source === `db${index}`);
    expect(
      own
        .filter(({ kind }) => kind === 'table')
        .map((check) => check.name)
        .sort(),
    ).toEqual([`${name}.${name}`, 'public."-rf"'].sort());
    expect(own.find((check) => check.name === `${name}.${name}`)).toMatchObject({ expected: { rows: 5 }, actual: { rows: 5 } });
    expect(own.find(({ kind }) => kind === 'sql')).toMatchObject({ ok: true, actual: DATABASES[index] });
    expect(own.filter(({ kind }) => kind === 'sequence')).toHaveLength(2);
  }
  expect(checks.filter(({ severity, ok }) => severity === 'warning' || !ok)).toEqual([]);
  expect(shown.secretsKeptIn).toEqual([ODD]);
});

it('is in the archives as it was: names, types, modes, owners, times, targets, contents and hard links', async () => {
  const excluded = /^(cache\/|[^\0]*\.tmp\0|[^\0]*\.not\0)/;
  const withoutExcluded = (listing: string[]) => listing.filter((line) => !excluded.test(line));
  const [volume, path, files] = await Promise.all(['volume', 'path', 'files'].map((source) => unpacked(source)));
  expect(await listing(volume!)).toEqual(withoutExcluded(await listing(folders.volume!)));
  expect(await listing(path!)).toEqual(await listing(folders.path!));
  expect(await hashes(volume!)).toEqual(
    (await hashes(folders.volume!)).filter((line) => !/(^|\s\*?\.\/)(cache\/|[^\0]*\.tmp$|[^\0]*\.not$)/.test(line)),
  );
  expect(await hashes(path!)).toEqual(await hashes(folders.path!));
  expect((await hashes(files!)).length).toBe(2);
  expect(await readFile(join(files!, `${ODD}.env`), 'utf8')).toBe(ODD);
  expect(await readFile(join(await unpacked('spaces'), 'sp ace/a[1]*.pem'), 'utf8')).toBe('p');
});

it('takes no more room in the vault than its data do', () => {
  for (const source of ['volume', 'path']) {
    const { bytes, rawBytes } = shown.artifacts.find((artifact) => artifact.source === source && isArchive(artifact.key))!;
    expect(rawBytes).toBeLessThan(5_000_000);
    expect(bytes).toBeLessThan(500_000);
  }
});

/** Unpacks a source's archive with the system's own tools. */
async function unpacked(source: string): Promise<string> {
  const { file } = shown.artifacts.find((artifact) => artifact.source === source && isArchive(artifact.key))!;
  const folder = join(host.workspace, `unpacked-${source}`);
  await mkdir(folder);
  const tar = await commandBytes(['zstd', '--decompress', '--quiet', '--stdout', file!]);
  await command(['tar', '--extract', '--preserve-permissions', '--numeric-owner', `--directory=${folder}`], { input: tar });
  return folder;
}

function isArchive(key: string | null): boolean {
  return /\.[0-9a-f]+\.tar\.zst$/.test(key ?? '');
}

async function listing(folder: string): Promise<string[]> {
  const format = [
    '-printf',
    '%P\\0%y %m %U %G %Ts %l',
    '(',
    '-type',
    'f',
    '-printf',
    ' %s %n',
    '-o',
    '-true',
    ')',
    '-printf',
    '\\0\\0',
  ];
  const bytes = await commandBytes(['find', folder, ...format]);
  return bytes.toString('latin1').split('\0\0').slice(0, -1).sort();
}

async function hashes(folder: string): Promise<string[]> {
  const words = ['find', '.', '-type', 'f', '-exec', 'sha256sum', '--zero', '{}', '+'];
  const bytes = await commandBytes(['bash', '-c', 'cd -- "$1" && shift && exec "$@"', 'hashes', folder, ...words]);
  return bytes.toString('latin1').split('\0').slice(0, -1).sort();
}

it('is restored as it was, with its holes and with the names that share a file', async () => {
  const places = [folders.volume!, folders.path!];
  const before = await Promise.all(places.map(async (folder) => [await listing(folder), await hashes(folder)]));
  const excluded = (line: string) => /^(\.\/)?(cache\/|[^\0]*\.(tmp|not)(\0|$))/.test(line.replace(/^[0-9a-f]{64} {2}/, ''));
  for (const folder of places) await command(['find', folder, '-mindepth', '1', '-delete']);
  for (const folder of places) await writeTree(folder, { 'kinds/sparse': 'no hole', kind: 'newer' });
  const words = ['latest', '--mode', 'files', '--source', 'volume', 'path', '--no-safety-point', '--confirm', suite.name];
  const restored = await succeed(suite, 'restore', ...words);
  for (const item of restored.json.plan!.items) expect(item.rawBytes).toBeLessThan(5_000_000);
  await succeed(suite, 'restore', '--forget');
  for (const [index, folder] of places.entries()) {
    const [names, contents] = before[index]!;
    expect(await listing(folder)).toEqual(names!.filter((line) => !excluded(line)));
    expect(await hashes(folder)).toEqual(contents!.filter((line) => !excluded(line)));
    for (const [first, ...others] of [
      ['a/first name', 'b/second name', 'b/c/third name'],
      ['hole', 'b/same hole'],
    ]) {
      const { ino, nlink } = await stat(join(folder, 'kinds', first!));
      expect(nlink).toBe(others.length + 1);
      for (const other of others) expect((await stat(join(folder, 'kinds', other))).ino).toBe(ino);
    }
    expect(await allocated(join(folder, 'kinds/hole'))).toEqual([HOLE, 0]);
    expect(await allocated(join(folder, 'kinds/sparse'))).toEqual([
      SPARSE[index],
      expect.toSatisfy((bytes) => bytes < 1_000_000),
    ]);
  }
  expect(await host.leftovers()).toEqual([]);
});

/** Size of a file, and what it takes on the disk. */
async function allocated(file: string): Promise<[number, number]> {
  const { size, blocks } = await stat(file);
  return [size, blocks * 512];
}

it('is never carried out', async () => {
  const places = [join(host.workspace, '..'), PROJECT, db.folder];
  expect(await command(['find', ...places, '-maxdepth', '1', '-name', 'hacked'])).toBe('');
  expect(await command(['find', join(host.workspace, '..'), '-name', 'hacked'])).toBe('');
});
