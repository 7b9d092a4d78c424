import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../functions/contract/manifest.ts';
import { alertsOf } from '../support/alerts.ts';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Container, Folder, Postgres, TestHost, Volume } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let stopped: Container;
let full: Volume;
let hollow: Volume;
let files: Folder;
let nowhere: string;

beforeAll(async () => {
  host = await createHost();
  nowhere = `${host.name}-nowhere`;
  db = await host.postgres('db', {
    databases: ['shop', 'void'],
    dataVolume: 'pgdata',
    files: { 'app/hollow/empty': { folder: true } },
  });
  await db.sql('shop', 'create table users (id int); insert into users values (1)');
  stopped = await host.container('stopped', { files: { 'app/x': 'x' } });
  await stopped.stop();
  full = await host.volume('full', { 'a.txt': 'a' });
  hollow = await host.volume('hollow', { 'sub/folder': { folder: true } });
  files = await host.directory({ 'a.txt': 'a' });
});
afterAll(() => host.remove());

/** Every way in which a source can be missing or empty, beside healthy ones. */
function sources(optional: boolean) {
  const { container } = db;
  const { folder: directory } = files;
  const of = (list: Record<string, unknown>[]) => list.map((source) => ({ ...source, optional }));
  return {
    databases: [
      { name: 'shop', container },
      ...of([
        { name: 'renamed', container, database: 'shopp' },
        { name: 'void', container },
        { name: 'lost', container: nowhere, database: 'shop' },
        { name: 'asleep', container: stopped.container, database: 'shop' },
      ]),
    ],
    volumes: [
      { name: 'full', volume: full.name },
      ...of([
        { name: 'gone', volume: nowhere },
        { name: 'hollow', volume: hollow.name },
      ]),
    ],
    paths: of([
      { name: 'lost', container: nowhere, path: '/app' },
      { name: 'asleep', container: stopped.container, path: '/app' },
      { name: 'gone', container, path: '/app/gone' },
      { name: 'hollow', container, path: '/app/hollow' },
    ]),
    files: [
      { name: 'full', directory, include: ['*.txt'] },
      ...of([
        { name: 'none', directory, include: ['*.pem', 'missing.env'] },
        { name: 'gone', directory: join(directory, 'gone'), include: ['*'] },
      ]),
    ],
  };
}

/** Label of a source, error name, and what its message must say. */
function expectedProblems(): [string, string, string][] {
  return [
    ['database-renamed', 'DatabaseNotFound', '"shopp"'],
    ['database-lost', 'ContainerNotFound', `"${nowhere}"`],
    [`globals-${nowhere}`, 'ContainerNotFound', `"${nowhere}"`],
    ['database-asleep', 'ContainerNotRunning', `"${stopped.container}"`],
    [`globals-${stopped.container}`, 'ContainerNotRunning', `"${stopped.container}"`],
    ['volume-gone', 'VolumeNotFound', `"${nowhere}"`],
    ['volume-hollow', 'SourceEmpty', `"${hollow.name}"`],
    ['path-lost', 'ContainerNotFound', `"${nowhere}"`],
    ['path-asleep', 'ContainerNotRunning', `"${stopped.container}"`],
    ['path-gone', 'PathNotFound', '"/app/gone"'],
    ['path-hollow', 'SourceEmpty', '"/app/hollow"'],
    ['files-none', 'NoFileMatches', '"*.pem" "missing.env"'],
    ['files-gone', 'PathNotFound', `"${join(files.folder, 'gone')}"`],
  ];
}

describe('a source that must be there', () => {
  let suite: Suite;

  it('fails the run when it is missing, stopped or empty; all of them are named at once, and the others were captured', async () => {
    const declared = sources(false);
    const data = { name: 'data', volume: `${host.name}-pgdata`, optional: true };
    const mounted = await host.container('mounted', {
      files: { 'app/x': 'x' },
      mounts: { '/app/uploads': full.name, '/server': data.volume },
    });
    const paths = [
      { name: 'server', container: mounted.container, path: '/server' },
      { name: 'around', container: mounted.container, path: '/app' },
      { name: 'beside', container: mounted.container, path: '/app', exclude: ['uploads'] },
    ];
    const more = { volumes: [...declared.volumes, data], paths: [...declared.paths, ...paths] };
    suite = await createSuite({ host, suite: { sources: { ...declared, ...more } } });
    const { backup, alert } = await failedBackup(suite, 3, 'DatabaseNotFound');
    const problems = expectedProblems();
    problems.splice(1, 0, ['database-void', 'DatabaseEmpty', '"void"']);
    // Not even an optional one: files of a running server are no backup.
    problems.splice(8, 0, ['volume-data', 'VolumeIsDataDirectory', `"${data.volume}"`]);
    // Nor is a path whole that leaves out what is mounted below it.
    problems.splice(
      13,
      0,
      ['path-server', 'VolumeIsDataDirectory', '"/server"'],
      ['path-around', 'MountNotCaptured', '"/app/uploads"'],
    );
    expect(backup.error!.problems).toEqual(
      problems.map(([path, value, said]) => ({ path, value, message: expect.stringContaining(said) })),
    );
    expect(backup.error!.message).toMatch(/^17 of 22 sources were not captured whole\./);
    expect(backup.point!.sources).toEqual({ declared: 22, captured: 5, absent: 0, failed: 17 });
    for (const [label, name, said] of problems)
      expect(alert.message).toMatch(new RegExp(`${label}: ${name}: .*${RegExp.escape(said)}`));
    const { artifacts } = (await succeed(suite, 'show', backup.point!.id)).json;
    expect(artifacts.filter(({ state }) => state === 'captured').map(({ kind, source }) => `${kind} ${source}`)).toEqual([
      'database shop',
      `globals ${db.container}`,
      'volume full',
      'path beside',
      'files full',
    ]);
  });
});

describe('a source that is optional', () => {
  it('is absent with its reason, and the point without it is proven', async () => {
    const declared = sources(true);
    const some = { name: 'some', directory: files.folder, include: ['*.txt', '*.pem'], optional: true };
    const suite = await createSuite({
      host,
      suite: { sources: { ...declared, files: [...declared.files, some] } },
      nameSuffix: 'optional',
    });
    const backup = await provenBackup(suite);
    const absent = expectedProblems();
    expect(backup.point!.sources).toEqual({ declared: 19, captured: 6, absent: absent.length, failed: 0 });
    expect(backup.warnings).toEqual([
      { name: 'DatabaseEmpty', source: 'void', message: expect.stringContaining('no tables') },
      { name: 'NoFileMatches', source: 'some', message: expect.stringContaining('"*.pem"') },
    ]);
    const { artifacts, manifest, proofs } = (await succeed(suite, 'show', backup.point!.id)).json;
    expect(
      artifacts.filter(({ state }) => state === 'absent').map(({ kind, source, reason }) => [`${kind}-${source}`, reason!.name]),
    ).toEqual(absent.map(([label, name]) => [label, name]));
    for (const { label, reason } of (manifest as Manifest).sources.filter(({ state }) => state === 'absent')) {
      expect(reason!.message).toContain(absent.find(([wanted]) => wanted === label)![2]);
    }
    // The empty database is restored and compared like any other.
    const ofVoid = proofs[0]!.checks.filter(({ source }) => source === 'void').map(({ kind }) => kind);
    expect(new Set(ofVoid)).toEqual(new Set(['object', 'read-back', 'archive', 'restore', 'large-objects', 'schema']));
    expect(await alertsOf(suite.home)).toEqual([]);
  });

  it('does not make a point of a suite that has nothing else', async () => {
    const suite = await createSuite({
      host,
      suite: { sources: { volumes: [{ name: 'gone', volume: nowhere, optional: true }] } },
      nameSuffix: 'nothing',
    });
    const { backup } = await failedBackup(suite, 3, 'VolumeNotFound');
    expect(backup.error!.problems).toMatchObject([{ path: 'volume-gone', value: 'VolumeNotFound' }]);
  });
});
