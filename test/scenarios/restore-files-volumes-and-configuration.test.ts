import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Container, Folder, TestHost, Volume } from '../support/test-host.ts';

let host: TestHost;
let app: Container;
let uploads: Volume;
let configuration: Folder;
let suite: Suite;
let point: string;

const OLD = new Date('2024-02-03T04:05:06Z');

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', {
    'drawing.pdf': { content: 'drawing', mode: 0o640, modifiedAt: OLD },
    'sub/notes.txt': 'notes',
    'sub/deep/plan.txt': 'plan',
    link: { link: 'sub/notes.txt' },
  });
  app = await host.container('app', { files: { 'app/exports/a.csv': '1,2\n', 'app/exports/b.csv': '3,4\n' } });
  configuration = await host.directory({
    '.env.production': { content: 'NAME=shop\nSECRET=old-pass\n', mode: 0o600 },
    'infra/docker-compose.yml': 'services: {}\n',
    'readme.md': 'not captured\n',
  });
  suite = await createSuite({
    host,
    suite: {
      sources: {
        volumes: [{ name: 'uploads', volume: uploads.name }],
        paths: [{ name: 'exports', container: app.container, path: '/app/exports' }],
        files: [{ name: 'environment', directory: configuration.folder, include: ['.env.*', 'infra/*.yml'] }],
      },
    },
  });
  point = (await provenBackup(suite)).point!.id;
});
afterAll(() => host.remove());

const restore = (...words: string[]) => suite.run('restore', ...words);
const carriedOut = () => ['--no-safety-point', '--confirm', suite.name];
const text = (...path: string[]) => readFile(join(...path), 'utf8');

it('says of every source whether it is as it was', async () => {
  const same = await succeed(suite, 'assess');
  expect(same.json.sources.map(({ source, state }) => `${source} ${state}`).sort()).toEqual([
    'environment present',
    'exports present',
    'uploads present',
  ]);
  await uploads.delete('sub/notes.txt');
  await uploads.write({ 'drawing.pdf': 'changed', 'newer.txt': 'newer' });
  await app.delete('app/exports/a.csv');
  await app.delete('app/exports/b.csv');
  const { exitCode, json } = await suite.run('assess', point);
  expect([exitCode, json.error!.name]).toEqual([3, 'SourcesDiffer']);
  expect(Object.fromEntries(json.sources.map(({ source, state }) => [source, state]))).toEqual({
    environment: 'present',
    exports: 'empty',
    uploads: 'differs',
  });
  expect(json.sources.find(({ source }) => source === 'uploads')!.files).toMatchObject({ missing: 1, extra: 1 });
});

it('brings volumes and paths back whole, keeps what is newer aside, and undoes it', async () => {
  const done = await restore('latest', '--mode', 'files', ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(done.json.plan!.items.map(({ source, newer }) => [source, newer])).toEqual([
    ['uploads', 2],
    ['exports', 0],
  ]);
  expect(await text(uploads.folder, 'drawing.pdf')).toBe('drawing');
  const { mode, mtime } = await stat(join(uploads.folder, 'drawing.pdf'));
  expect([mode & 0o777, mtime]).toEqual([0o640, OLD]);
  expect(await text(uploads.folder, 'link')).toBe('notes');
  expect(await text(app.folder, 'app/exports/b.csv')).toBe('3,4\n');
  expect(await visible(uploads.folder)).toEqual(['drawing.pdf', 'link', 'sub']);
  const kept = done.json.previous.find(({ source }) => source === 'uploads')!.now;
  expect(await readdir(kept), 'where it says').toContain('newer.txt');
  expect((await suite.run('assess')).json.sources.map(({ state }) => state)).toEqual(['present', 'present', 'present']);

  await uploads.write({ 'since.txt': 'since' });
  const refused = await restore('--undo');
  expect([refused.exitCode, refused.json.error?.name], refused.stderr).toEqual([7, 'NewWrites']);
  expect(refused.json.error!.message).toContain('1 file was written since the restore: volume-uploads (1 file).');
  const undone = await restore('--undo', '--discard-new-writes');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  expect(await text(uploads.folder, 'drawing.pdf')).toBe('changed');
  expect(await text(uploads.folder, 'newer.txt')).toBe('newer');
  const aside = undone.json.previous.find(({ source }) => source === 'uploads')!.now;
  expect(aside).toContain('.suite-backup-restore-');
  const forgotten = await restore('--forget');
  expect([forgotten.exitCode, forgotten.json.outcome], forgotten.stderr).toEqual([0, 'forgotten']);
  expect(await readdir(uploads.folder)).toEqual(['drawing.pdf', 'link', 'newer.txt', 'sub']);
  expect(await visible(join(app.folder, 'app/exports'))).toEqual([]);
});

it('brings back only what a pattern names, and leaves the rest', async () => {
  const done = await restore('latest', '--mode', 'files', '--source', 'uploads', '--path', 'sub/*.txt', ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(await text(uploads.folder, 'sub/notes.txt')).toBe('notes');
  expect(await text(uploads.folder, 'drawing.pdf')).toBe('changed');
  const forgotten = await restore('--forget');
  expect([forgotten.exitCode, forgotten.json.outcome], forgotten.stderr).toEqual([0, 'forgotten']);
  expect(await readdir(uploads.folder)).toEqual(['drawing.pdf', 'link', 'newer.txt', 'sub']);
});

it('writes elsewhere without touching anything, into an empty folder only', async () => {
  const to = join(host.workspace, 'elsewhere');
  const words = ['latest', '--mode', 'files', '--source', 'exports', '--to', to];
  const done = await restore(...words, ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(await text(to, 'a.csv')).toBe('1,2\n');
  expect(await visible(join(app.folder, 'app/exports'))).toEqual([]);
  const full = join(host.workspace, 'full');
  await mkdir(full);
  await writeFile(join(full, 'mine'), 'mine');
  const told = await alertsOf(suite.home);
  const into = (folder: string, ...more: string[]) => restore('latest', '--mode', 'files', '--to', folder, ...more);
  const filled = await into(full, '--source', 'exports', ...carriedOut());
  const two = await into(join(host.workspace, 'two'), '--dry-run');
  for (const [refused, message] of [
    [filled, `${full} is not empty`],
    [two, 'takes one source; name it with --source: uploads, exports'],
  ] as const) {
    expect([refused.exitCode, refused.json.outcome, refused.json.error?.name], refused.stderr).toEqual([
      7,
      'refused',
      'RestoreRefused',
    ]);
    expect(refused.json.plan!.problems).toMatchObject([{ message: expect.stringContaining(message) }]);
  }
  expect(await readdir(full)).toEqual(['mine']);
  expect(await alertsOf(suite.home)).toEqual(told);
});

it('shows what the configuration would become without showing a secret, and keeps the old beside it', async () => {
  await configuration.write({ '.env.production': { content: 'NAME=shop\nSECRET=new-pass\n', mode: 0o600 } });
  const planned = await restore('latest', '--mode', 'config', '--dry-run');
  expect([planned.exitCode, planned.json.outcome], planned.stderr).toEqual([0, 'planned']);
  const diff = planned.json.plan!.items[0]!.diff!;
  expect(diff.map(({ name, state }) => [name, state]).sort()).toEqual([
    ['.env.production', 'changed'],
    ['infra/docker-compose.yml', 'same'],
  ]);
  expect(diff.find(({ state }) => state === 'changed')!.diff.join('\n')).toContain('SECRET=');
  expect(planned.stdout).not.toMatch(/old-pass|new-pass/);
  const done = await restore('latest', '--mode', 'config', ...carriedOut());
  expect([done.exitCode, done.json.outcome, done.json.error], done.stderr).toEqual([0, 'restored', null]);
  expect(await text(configuration.folder, '.env.production')).toBe('NAME=shop\nSECRET=old-pass\n');
  expect(await text(configuration.folder, `.env.production.before-${point}`)).toBe('NAME=shop\nSECRET=new-pass\n');
  expect(await text(configuration.folder, 'readme.md')).toBe('not captured\n');
  const undone = await restore('--undo');
  expect([undone.exitCode, undone.json.outcome, undone.json.error], undone.stderr).toEqual([0, 'undone', null]);
  expect(await text(configuration.folder, '.env.production')).toBe('NAME=shop\nSECRET=new-pass\n');
  expect(await host.leftovers()).toEqual([]);
});

/** Names in a folder but those of a restore. */
async function visible(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('.suite-backup-restore-')).sort();
}
