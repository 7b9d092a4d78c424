import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ODD, writeOddTree } from './odd-tree.ts';
import { leftovers, type Place, POINT, stateOf, TreeMachine } from './tree-machine.ts';

let machine: TreeMachine;
beforeAll(async () => {
  machine = await TreeMachine.start();
});
afterAll(() => machine.stop());

const VOLUME: Place = { kind: 'volume', volume: 'uploads' };
const SAME = { missing: [], different: [], extra: [] };

describe('a volume', () => {
  let folder: string;
  let point: string[];
  let live: string[];
  beforeAll(async () => {
    folder = machine.anew('uploads');
    await writeOddTree(folder);
    machine.capture(VOLUME);
    point = stateOf(folder);
  });
  beforeEach(() => {
    execFileSync('find', [folder, '-mindepth', '1', '-delete']);
    mkdirSync(join(folder, 'large/was a folder'), { recursive: true });
    writeFileSync(join(folder, ODD), 'younger');
    writeFileSync(join(folder, 'only now'), 'x');
    symlinkSync('/etc', join(folder, 'links'));
    execFileSync('touch', ['--date=2026-01-01', join(folder, 'only now'), folder]);
    execFileSync('chmod', ['2700', folder]);
    live = stateOf(folder);
  });

  it('is restored beside, compared, put in place with everything it was, taken back, and forgotten', async () => {
    const beside = machine.beside(VOLUME);
    expect(beside.said).toMatchObject({
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      entries: point.filter((line) => line.includes('\0')).length - 1,
    });
    expect(stateOf(folder)).toEqual(live);
    expect(await machine.compare(VOLUME, 'stage')).toMatchObject(SAME);
    expect(machine.swap(VOLUME, 'forward').said).toMatchObject({ swapped: true, kept: 3, newer: 2 });
    expect(stateOf(folder)).toEqual(point);
    expect(await machine.compare(VOLUME, 'live')).toMatchObject(SAME);
    expect(machine.swap(VOLUME, 'forward').said).toMatchObject({ swapped: true, kept: 3, newer: 2 });
    expect(machine.inspect(VOLUME).said).toMatchObject({ newer: 0 });
    expect(machine.swap(VOLUME, 'back').said).toMatchObject({ swapped: true, undone: null });
    expect(stateOf(folder)).toEqual(live);
    expect(machine.swap(VOLUME, 'back').said).toMatchObject({ swapped: false });
    expect(leftovers(folder)).toEqual([]);
    machine.beside(VOLUME);
    machine.swap(VOLUME, 'forward');
    expect(machine.forget(VOLUME).said).toEqual({ removed: 3 });
    expect(stateOf(folder)).toEqual(point);
    expect(leftovers(folder)).toEqual([]);
    expect(machine.forget(VOLUME).said).toEqual({ removed: 0 });
    expect(machine.host.leftovers).toEqual([]);
    expect(existsSync(join(machine.folder, 'hacked'))).toBe(false);
  });

  it('that does not exist is made with the labels it had, and is then what it was', async () => {
    const other: Place = { kind: 'volume', volume: 'made' };
    expect(machine.inspect(other).said).toMatchObject({ target: null, exists: false });
    machine.beside(other);
    machine.swap(other, 'forward');
    expect(readFileSync(join(machine.folder, 'created'), 'utf8')).toBe(
      '--label=com.docker.compose.project=shop\n--label=note=two\nlines\nmade\n',
    );
    expect(stateOf(join(machine.folder, 'made'))).toEqual(point);
  });

  it('that is only beside yet goes away without a trace', () => {
    machine.beside(VOLUME);
    expect(machine.swap(VOLUME, 'back').said).toMatchObject({ swapped: false });
    expect(stateOf(folder)).toEqual(live);
    expect(leftovers(folder)).toEqual([]);
  });

  it('that was written to since keeps what was written when it is taken back', () => {
    machine.beside(VOLUME);
    machine.swap(VOLUME, 'forward');
    writeFileSync(join(folder, 'large'), 'changed');
    writeFileSync(join(folder, 'fresh'), 'fresh');
    expect(machine.inspect(VOLUME).said).toMatchObject({ newer: 3 });
    const { said } = machine.swap(VOLUME, 'back');
    expect(said).toMatchObject({ swapped: true, undone: expect.stringContaining('.suite-backup-restore-') });
    expect(stateOf(folder)).toEqual(live);
    const kept = execFileSync('find', [String(said.undone), '-name', 'fresh', '-o', '-name', 'large', '-size', '-2']).toString();
    expect(kept.trim().split('\n')).toHaveLength(2);
    expect(machine.forget(VOLUME).said.removed).toBeGreaterThan(2);
    expect(leftovers(folder)).toEqual([]);
  });

  it('keeps what a backup leaves out where it is', () => {
    const place = { ...VOLUME, exclude: 'cache/*|*.skip' };
    mkdirSync(join(folder, 'cache/a'), { recursive: true });
    writeFileSync(join(folder, 'cache/a/b'), 'cached');
    writeFileSync(join(folder, 'x.skip'), 'left out');
    machine.beside(place);
    machine.swap(place, 'forward');
    expect(readFileSync(join(folder, 'cache/a/b'), 'utf8')).toBe('cached');
    expect(readFileSync(join(folder, 'x.skip'), 'utf8')).toBe('left out');
    expect(readFileSync(join(folder, '-rf'), 'utf8')).toBe('dash');
    machine.swap(place, 'back');
    expect(readFileSync(join(folder, 'cache/a/b'), 'utf8')).toBe('cached');
    expect(existsSync(join(folder, '-rf'))).toBe(false);
  });

  it('gives back parts of itself by pattern, and touches nothing else', async () => {
    const paths = ['modes', '/links/[r]*', 'times/**', 'large'];
    rmSync(join(folder, 'large'), { recursive: true });
    expect(machine.beside(VOLUME, { paths }).said.error).toBeUndefined();
    expect(await machine.compare(VOLUME, 'stage', paths)).toMatchObject(SAME);
    expect(machine.swap(VOLUME, 'forward').said).toMatchObject({ swapped: true, kept: 1 });
    expect(readFileSync(join(folder, ODD), 'utf8')).toBe('younger');
    expect(readFileSync(join(folder, 'only now'), 'utf8')).toBe('x');
    expect(readdirSync(join(folder, 'links')).sort()).toEqual(['relative']);
    expect(existsSync('/etc/relative')).toBe(false);
    expect(await machine.compare(VOLUME, 'live', paths)).toMatchObject({ missing: [], different: [] });
    machine.swap(VOLUME, 'back');
    expect(readdirSync(folder).sort()).toEqual([ODD, 'links', 'only now'].sort());
    expect(readdirSync(join(folder, 'links'))).toEqual(readdirSync('/etc'));
  });

  it.each([
    '*s/old',
    '/-rf',
    '-rf',
    '**/er',
    'times/**',
    '/modes/',
    './owners',
    '**',
    '.hidden/**/er',
    'l[aeiou]*s/[!ho]*',
    '\\\\',
    '?',
    '.*',
    '**e**/*old',
    '*\n',
  ])('chooses for %j what the comparison expects', async (pattern) => {
    expect(machine.beside(VOLUME, { paths: [pattern] }).said.error).toBeUndefined();
    expect(await machine.compare(VOLUME, 'stage', [pattern])).toMatchObject({
      ...SAME,
      compared: expect.toSatisfy((count) => count > 0),
    });
    machine.swap(VOLUME, 'back');
  });

  it('takes patterns that mean the same files', () => {
    expect(machine.beside(VOLUME, { paths: ['times/**', 'times/old', 'old', '/times/o*'] }).said.error).toBeUndefined();
    expect(machine.beside(VOLUME, { paths: ['times/**', 'times/old', 'times/older'] }).said.error?.message).toMatch(
      / matches "times\/older"\.$/,
    );
    machine.swap(VOLUME, 'back');
  });

  it('says which other name a chosen file has that nothing chose', () => {
    const { said } = machine.beside(VOLUME, { paths: ['links/hard'] });
    expect(said.error).toMatchObject({ name: 'RestoreFailed', message: expect.stringContaining('./large') });
    expect(leftovers(folder)).toEqual([]);
  });

  it('refuses a pattern that names nothing, and says which', () => {
    const { said } = machine.beside(VOLUME, { paths: ['large', 'no*such', 'modes/**/x'] });
    expect(said.error).toMatchObject({ name: 'NoFileMatches', message: expect.stringContaining('"no*such" "modes/**/x"') });
    expect(stateOf(folder)).toEqual(live);
    expect(leftovers(folder)).toEqual([]);
  });

  it.each([
    ['is cut', 'ArchiveUnreadable', (bytes: Buffer) => bytes.subarray(0, bytes.length - 200)],
    ['is no archive', 'ArchiveUnreadable', () => Buffer.from('something else')],
    ['is gone', 'DownloadFailed', () => null],
  ])('whose stored copy %s is not restored: %s', (_, name, edit) => {
    const bytes = edit(readFileSync(join(machine.kept, 'point.tar.zst')));
    rmSync(join(machine.kept, 'bad'), { force: true });
    if (bytes) writeFileSync(join(machine.kept, 'bad'), bytes);
    expect(machine.beside(VOLUME, { object: 'bad' }).said.error).toMatchObject({
      name,
      message: expect.stringContaining('"uploads"'),
    });
    expect(stateOf(folder)).toEqual(live);
    expect(leftovers(folder)).toEqual([]);
  });

  it('goes into an empty folder elsewhere, and nowhere else; its disk, and what is there, are seen before', () => {
    const to = join(machine.folder, 'else where/new');
    const disk = dirname(dirname(to));
    machine.host.tool('df', `#!/bin/sh\nfor last; do :; done\necho Avail\n[ "$last" = '${disk}' ] && echo 4711 || echo 1\n`);
    expect(machine.inspect(VOLUME, to).said).toMatchObject({ target: to, exists: false, empty: true, freeBytes: 4711 });
    machine.host.tool('df', null);
    expect(machine.beside(VOLUME, { to }).said).toMatchObject({ stage: to });
    expect(stateOf(to)).toEqual(point);
    expect(leftovers(to)).toEqual([]);
    expect(stateOf(folder)).toEqual(live);
    expect(machine.inspect(VOLUME, to).said).toMatchObject({ exists: true, empty: false, isFile: false });
    expect(machine.beside(VOLUME, { to }).said.error?.message).toContain('not empty');
    expect(stateOf(to)).toEqual(point);
    const [file, link] = ['a file', 'link'].map((name) => join(dirname(to), name));
    writeFileSync(file!, '');
    expect(machine.inspect(VOLUME, file).said).toMatchObject({ isFile: true });
    expect(machine.inspect(VOLUME, `${file}/below`).said).toMatchObject({ isFile: true, exists: false });
    symlinkSync(to, link!);
    expect(machine.inspect(VOLUME, link).said).toMatchObject({ target: to, empty: false });
    expect(machine.beside(VOLUME, { to: link! }).said.error?.message).toContain('not empty');
  });

  it('is captured without what a restore left in it', async () => {
    machine.beside(VOLUME);
    machine.swap(VOLUME, 'forward');
    writeFileSync(join(folder, `x.before-${POINT}`), 'old');
    machine.capture(VOLUME, 'again');
    const names = [...(await machine.inventory(join(machine.kept, 'again.inventory.tar.zst'))).keys()];
    expect(names.sort()).toEqual([...(await machine.inventory(join(machine.kept, 'point.inventory.tar.zst'))).keys()].sort());
    const listed = execFileSync('bash', [
      '-c',
      'zstd -dc "$1" | tar --list',
      'x',
      join(machine.kept, 'again.tar.zst'),
    ]).toString();
    expect(listed).not.toMatch(/suite-backup-restore|before-/);
    machine.forget(VOLUME);
  });

  it('has its holes again', () => {
    machine.beside(VOLUME);
    machine.swap(VOLUME, 'forward');
    const { size, blocks } = statSync(join(folder, 'sparse'));
    expect(size).toBe(5_000_000);
    expect(blocks * 512).toBeLessThan(100_000);
    machine.forget(VOLUME);
  });
});

describe('a folder', () => {
  const attributes = (path: string) => execFileSync('stat', ['--format=%a %u:%g %Y', path]).toString().trim();
  const become = (path: string, mode: number, owner: string) => {
    execFileSync('chown', [owner, path]);
    chmodSync(path, mode);
    execFileSync('touch', [`--date=@${mode}`, path]);
  };
  let folder: string;
  beforeEach(() => {
    folder = machine.anew('uploads');
    mkdirSync(join(folder, 'media/cache/sub'), { recursive: true });
    mkdirSync(join(folder, 'private/odd [\\]\n'), { recursive: true });
    for (const name of ['media/a', 'media/cache/sub/c', 'private/x', 'private/odd [\\]\n/y'])
      writeFileSync(join(folder, name), 'then');
    become(join(folder, 'media/cache'), 0o755, '0:0');
    become(join(folder, 'media'), 0o2750, '1000:1000');
    become(join(folder, 'private/odd [\\]\n'), 0o3771, '1001:1002');
    become(join(folder, 'private'), 0o700, '1001:1001');
    become(folder, 0o755, '0:0');
  });

  it('above what a backup leaves out becomes what it was, and what it is when it is taken back', async () => {
    const place = { ...VOLUME, exclude: 'media/cache/sub' };
    machine.capture(place);
    become(join(folder, 'media'), 0o700, '0:0');
    writeFileSync(join(folder, 'media/a'), 'now');
    const live = stateOf(folder);
    machine.beside(place);
    expect(machine.swap(place, 'forward').said).toMatchObject({ swapped: true });
    expect(attributes(join(folder, 'media'))).toBe(`2750 1000:1000 ${0o2750}`);
    expect(await machine.compare(place, 'live')).toMatchObject(SAME);
    machine.swap(place, 'back');
    expect(stateOf(folder)).toEqual(live);
  });

  it('that is named becomes what it was, one that only lies above stays as it is', () => {
    machine.capture(VOLUME);
    become(join(folder, 'media'), 0o700, '0:0');
    become(join(folder, 'private'), 0o711, '0:0');
    const live = stateOf(folder);
    machine.beside(VOLUME, { paths: ['media', 'private/x'] });
    machine.swap(VOLUME, 'forward');
    expect(attributes(join(folder, 'media'))).toBe(`2750 1000:1000 ${0o2750}`);
    expect(attributes(join(folder, 'private'))).toMatch(/^711 0:0/);
    machine.swap(VOLUME, 'back');
    expect(stateOf(folder)).toEqual(live);
  });

  it('that is gone and lies above what is named is made as it was, not as the one it lies in', () => {
    machine.capture(VOLUME);
    rmSync(join(folder, 'private'), { recursive: true });
    machine.beside(VOLUME, { paths: ['private/odd*/y'] });
    machine.swap(VOLUME, 'forward');
    expect(attributes(join(folder, 'private'))).toBe(`700 1001:1001 ${0o700}`);
    expect(attributes(join(folder, 'private/odd [\\]\n'))).toBe(`3771 1001:1002 ${0o3771}`);
    machine.forget(VOLUME);
    expect(leftovers(folder)).toEqual([]);
  });
});

describe('a path', () => {
  const FILE: Place = { kind: 'path', container: 'app', path: '/srv/link/one.conf' };
  const FOLDER: Place = { kind: 'path', container: 'app', path: '/srv/data' };
  let root: string;
  beforeEach(() => {
    root = machine.anew('root');
    mkdirSync(join(root, 'srv/data/sub'), { recursive: true });
    mkdirSync(join(root, 'etc'));
    symlinkSync('/etc', join(root, 'srv/link'));
    writeFileSync(join(root, 'etc/one.conf'), 'then', { mode: 0o640 });
    writeFileSync(join(root, 'srv/data/sub/f'), 'then');
  });

  it('that is one file stays beside the new one', () => {
    machine.capture(FILE);
    writeFileSync(join(root, 'etc/one.conf'), 'now');
    machine.beside(FILE);
    expect(machine.swap(FILE, 'forward').said).toMatchObject({ swapped: true, kept: 1, newer: 1, previous: `.before-${POINT}` });
    expect(readFileSync(join(root, 'etc/one.conf'), 'utf8')).toBe('then');
    expect(readFileSync(join(root, `etc/one.conf.before-${POINT}`), 'utf8')).toBe('now');
    machine.swap(FILE, 'back');
    expect(readFileSync(join(root, 'etc/one.conf'), 'utf8')).toBe('now');
    expect(leftovers(root)).toEqual([]);
  });

  it('that is gone is made again, a file as well as a folder', () => {
    for (const [place, what] of [
      [FILE, 'etc/one.conf'],
      [FOLDER, 'srv/data'],
    ] as const) {
      machine.capture(place);
      const before = stateOf(join(root, 'srv/data')).concat(
        statSync(join(root, 'etc/one.conf')).mtime.toISOString().slice(0, 19),
      );
      rmSync(join(root, what), { recursive: true });
      machine.beside(place);
      machine.swap(place, 'forward');
      expect(
        stateOf(join(root, 'srv/data')).concat(statSync(join(root, 'etc/one.conf')).mtime.toISOString().slice(0, 19)),
      ).toEqual(before);
      machine.forget(place);
    }
    expect(leftovers(root)).toEqual([]);
  });

  it('in which something else is mounted is restored around that', () => {
    machine.capture(FOLDER);
    mkdirSync(join(root, 'srv/data/deep/mounted'), { recursive: true });
    writeFileSync(join(root, 'srv/data/deep/file'), 'x');
    const inode = statSync(join(root, 'srv/data/deep/mounted')).ino;
    writeFileSync(join(machine.folder, 'mounts'), '/srv/data/deep/mounted\n/elsewhere\n');
    machine.beside(FOLDER);
    machine.swap(FOLDER, 'forward');
    expect(statSync(join(root, 'srv/data/deep/mounted')).ino).toBe(inode);
    expect(existsSync(join(root, 'srv/data/deep/file'))).toBe(false);
    machine.swap(FOLDER, 'back');
    expect(readFileSync(join(root, 'srv/data/deep/file'), 'utf8')).toBe('x');
    rmSync(join(machine.folder, 'mounts'));
  });

  it('that was a file and is a folder now is refused before anything is touched', () => {
    machine.capture(FILE);
    rmSync(join(root, 'etc/one.conf'));
    mkdirSync(join(root, 'etc/one.conf'));
    const before = stateOf(root);
    expect(machine.beside(FILE).said.error).toMatchObject({ name: 'SwapFailed', message: expect.stringContaining('folder now') });
    expect(stateOf(root)).toEqual(before);
  });

  it('that is a file mounted into its container is seen there as what was restored', () => {
    const host = join(machine.anew('srv'), 'one.conf');
    const inside = join(root, 'etc/one.conf');
    writeFileSync(host, 'then', { mode: 0o640 });
    writeFileSync(join(machine.folder, 'mounts'), `/etc/one.conf\n${host}\n`);
    execFileSync('mount', ['--bind', host, inside]);
    try {
      machine.capture(FILE);
      const then = statSync(host);
      writeFileSync(host, 'now, longer');
      chmodSync(host, 0o600);
      machine.beside(FILE);
      expect(machine.swap(FILE, 'forward').said).toMatchObject({ swapped: true, kept: 1 });
      expect(readFileSync(inside, 'utf8')).toBe('then');
      expect([statSync(inside).mode, Math.floor(statSync(inside).mtimeMs / 1000)]).toEqual([
        then.mode,
        Math.floor(then.mtimeMs / 1000),
      ]);
      expect(readFileSync(`${host}.before-${POINT}`, 'utf8')).toBe('now, longer');
      expect(machine.inspect(FILE).said).toMatchObject({ newer: 0 });
      machine.swap(FILE, 'back');
      expect(readFileSync(inside, 'utf8')).toBe('now, longer');
      expect(statSync(inside).mode & 0o777).toBe(0o600);
      machine.beside(FILE);
      machine.swap(FILE, 'forward');
      writeFileSync(inside, 'since');
      const { undone } = machine.swap(FILE, 'back').said;
      expect(execFileSync('find', [String(undone), '-name', 'one.conf', '-exec', 'cat', '{}', '+']).toString()).toBe('since');
      expect(readFileSync(inside, 'utf8')).toBe('now, longer');
    } finally {
      execFileSync('umount', [inside]);
      rmSync(join(machine.folder, 'mounts'));
    }
  });

  it('whose container is gone is not said to be forgotten', () => {
    machine.capture(FOLDER);
    machine.beside(FOLDER);
    machine.swap(FOLDER, 'forward');
    expect(machine.forget({ ...FOLDER, container: 'gone' }).said.error?.name).toBe('ContainerNotFound');
    expect(leftovers(root)).toHaveLength(1);
    expect(machine.forget({ kind: 'volume', volume: 'gone' }).said).toEqual({ removed: 0 });
    machine.forget(FOLDER);
    expect(leftovers(root)).toEqual([]);
  });

  it('of a container that is gone says so', () => {
    const place = { ...FOLDER, container: 'gone' };
    expect(machine.inspect(place).said).toMatchObject({ target: null, exists: false, container: null });
    expect(machine.beside(place).said.error?.name).toBe('ContainerNotFound');
  });
});

describe('files of a directory', () => {
  let directory: string;
  const place = (): Place => ({ kind: 'files', directory, include: '.env*|infra/*.yml|gone' });
  beforeEach(() => {
    directory = machine.anew('config');
    mkdirSync(join(directory, 'infra'));
    writeFileSync(join(directory, '.env'), 'A=then', { mode: 0o600 });
    writeFileSync(join(directory, 'infra/a.yml'), 'then');
    writeFileSync(join(directory, 'gone'), 'then');
    machine.capture(place());
    writeFileSync(join(directory, '.env'), 'A=now');
    rmSync(join(directory, 'gone'));
    writeFileSync(join(directory, 'other'), 'untouched');
  });

  it('are restored one by one, each old one beside the new, and taken back', async () => {
    const live = stateOf(directory);
    machine.beside(place());
    expect(stateOf(directory)).toEqual(live);
    expect(await machine.compare(place(), 'stage')).toMatchObject(SAME);
    expect(machine.swap(place(), 'forward').said).toMatchObject({ swapped: true, kept: 2 });
    expect(readFileSync(join(directory, '.env'), 'utf8')).toBe('A=then');
    expect(readFileSync(join(directory, `.env.before-${POINT}`), 'utf8')).toBe('A=now');
    expect(statSync(join(directory, `.env.before-${POINT}`)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, 'gone'), 'utf8')).toBe('then');
    expect(await machine.compare(place(), 'live')).toMatchObject(SAME);
    machine.swap(place(), 'back');
    expect(stateOf(directory)).toEqual(live);
    expect(leftovers(directory)).toEqual([]);
  });

  it('take another name for the old when an earlier restore left one', () => {
    writeFileSync(join(directory, `infra/a.yml.before-${POINT}`), 'earlier');
    machine.beside(place());
    expect(machine.swap(place(), 'forward').said).toMatchObject({ previous: `.before-${POINT}-2` });
    expect(readFileSync(join(directory, `infra/a.yml.before-${POINT}`), 'utf8')).toBe('earlier');
    expect(readFileSync(join(directory, `.env.before-${POINT}-2`), 'utf8')).toBe('A=now');
    expect(machine.forget(place()).said).toEqual({ removed: 2 });
    expect(leftovers(directory)).toEqual([join(directory, `infra/a.yml.before-${POINT}`)]);
  });

  it('are not written through a link that leads out of the directory', () => {
    const outside = machine.anew('outside');
    cpSync(join(directory, 'infra'), outside, { recursive: true });
    rmSync(join(directory, 'infra'), { recursive: true });
    symlinkSync(outside, join(directory, 'infra'));
    writeFileSync(join(outside, 'a.yml'), 'outside');
    expect(machine.beside(place()).said.error).toMatchObject({
      name: 'SwapFailed',
      message: expect.stringContaining('leads out'),
    });
    expect(readFileSync(join(outside, 'a.yml'), 'utf8')).toBe('outside');
    expect(leftovers(directory)).toEqual([]);
  });

  it('of a directory that is a link are restored where it leads', async () => {
    const link = join(machine.anew('links'), 'current');
    symlinkSync(directory, link);
    const linked = { ...place(), directory: link };
    expect(machine.inspect(linked).said).toMatchObject({ target: directory, exists: true, isFile: false });
    machine.beside(linked);
    expect(machine.swap(linked, 'forward').said).toMatchObject({ swapped: true, kept: 2 });
    expect(await machine.compare(linked, 'live')).toMatchObject(SAME);
    machine.swap(linked, 'back');
    expect(readFileSync(join(directory, '.env'), 'utf8')).toBe('A=now');
    expect(leftovers(directory)).toEqual([]);
  });

  it('come to a directory that is gone', () => {
    execFileSync('rm', ['-rf', directory]);
    machine.beside(place());
    machine.swap(place(), 'forward');
    expect(readFileSync(join(directory, 'infra/a.yml'), 'utf8')).toBe('then');
  });
});

it('a disk that is full while unpacking is named, and nothing is left of it', () => {
  const folder = machine.anew('full');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'suite-backup-test', folder]);
  try {
    writeFileSync(join(folder, 'old'), 'old');
    const source = machine.anew('large');
    writeFileSync(join(source, 'large'), execFileSync('head', ['-c', '2000000', '/dev/urandom'], { maxBuffer: 2 ** 24 }));
    machine.capture({ kind: 'volume', volume: 'large' }, 'large');
    const { said } = machine.beside({ kind: 'volume', volume: 'full' }, { object: 'large.tar.zst' });
    expect(said.error).toMatchObject({ name: 'DiskFull', message: expect.stringContaining('"full"') });
    expect(readdirSync(folder)).toEqual(['old']);
  } finally {
    execFileSync('umount', [folder]);
  }
});

it('an owner that may not be given to a file is named with the file, and nothing is left of it', () => {
  const [source, folder] = [machine.anew('owned'), machine.anew('poor')];
  writeFileSync(join(source, 'theirs'), 'x');
  execFileSync('chown', ['1234567:7654321', join(source, 'theirs')]);
  machine.capture({ kind: 'volume', volume: 'owned' }, 'owned');
  // What an ordinary user lacks.
  machine.host.tool('tar', `#!/bin/sh\nPATH=\${PATH#*:} exec setpriv --bounding-set=-chown tar "$@"\n`);
  try {
    const { said } = machine.beside({ kind: 'volume', volume: 'poor' }, { object: 'owned.tar.zst' });
    expect(said.error).toMatchObject({
      name: 'HostPermission',
      message: expect.stringMatching(/"poor".*run as root.*theirs: Cannot change ownership to uid 1234567, gid 7654321/),
    });
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    machine.host.tool('tar', null);
  }
});
