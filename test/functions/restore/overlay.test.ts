import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { writeOddTree } from './odd-tree.ts';
import { leftovers, type Place, stateOf, TreeMachine } from './tree-machine.ts';

const DATA: Place = { kind: 'path', container: 'app', path: '/data' };

let machine: TreeMachine;
let layers: string;
let data: string;
beforeAll(async () => {
  machine = await TreeMachine.start();
});
afterAll(() => machine.stop());

// A container's own files as overlay2 keeps them: folders of the image cannot be renamed (EXDEV).
beforeEach(async () => {
  layers = machine.anew('layers');
  execFileSync('mount', ['-t', 'tmpfs', 'suite-backup-test', layers]);
  for (const name of ['lower/data/image/deep', 'upper', 'work']) mkdirSync(join(layers, name), { recursive: true });
  await writeOddTree(join(layers, 'lower/data/image/odd'));
  writeFileSync(join(layers, 'lower/data/image/a'), 'of the image');
  linkSync(join(layers, 'lower/data/image/a'), join(layers, 'lower/data/image/deep/b'));
  execFileSync('touch', ['--date=2001-01-01', join(layers, 'lower/data/image')]);
  const root = machine.anew('root');
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(layers, name));
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, root]);
  data = join(root, 'data');
  writeFileSync(join(data, 'written'), 'in the container');
});
afterEach(() => {
  execFileSync('umount', [join(machine.folder, 'root')]);
  execFileSync('umount', [layers]);
});

it('folders of an image go aside, and come back with everything they were', () => {
  machine.capture(DATA);
  const point = stateOf(data);
  writeFileSync(join(data, 'image/since'), 'new');
  const live = stateOf(data);
  machine.beside(DATA);
  expect(machine.swap(DATA, 'forward').said).toMatchObject({ swapped: true });
  expect(stateOf(data)).toEqual(point);
  expect(machine.swap(DATA, 'back').said).toMatchObject({ swapped: true, undone: null });
  expect(stateOf(data)).toEqual(live);
  expect(leftovers(data)).toEqual([]);
});

it.each([
  ['in the middle', 'cp', `PATH=\${PATH#*:} cp "$@"; PATH=\${PATH#*:} rm -rf "\${!#}/odd"; kill -KILL 0`],
  ['when it was whole', 'sync', 'kill -KILL 0'],
  [
    'while the original went',
    'rm',
    `[[ $* != */image ]] || { PATH=\${PATH#*:} rm -rf "\${!#}/odd"; kill -KILL 0; }; PATH=\${PATH#*:} exec rm "$@"`,
  ],
])('a copy that was ended %s loses nothing', (_, tool, script) => {
  machine.capture(DATA);
  const point = stateOf(data);
  machine.beside(DATA);
  machine.host.tool(tool, `#!/bin/bash\n${script}\n`);
  expect(() => machine.swap(DATA, 'forward')).toThrow();
  machine.host.tool(tool, null);
  machine.swap(DATA, 'back');
  expect(stateOf(data)).toEqual(point);
  expect(leftovers(data)).toEqual([]);
});
