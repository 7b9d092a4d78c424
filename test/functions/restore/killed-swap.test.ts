import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers, type Place, stateOf, TreeMachine } from './tree-machine.ts';

/** Everything that a swap changes something with. */
const TOOLS = ['mv', 'ln', 'rm', 'rmdir', 'mkdir', 'cp', 'touch', 'chown', 'chmod', 'mktemp', 'sync', 'cat'];
/** Kills the document with all it started, before or after the call whose number is asked for. */
const killing = (tool: string) => `#!/bin/bash
here=$TMPDIR/..
printf . >>"$here/calls"
calls=$(PATH=\${PATH#*:} stat --format=%s "$here/calls")
read -r at when <"$here/kill-at"
[[ $when != before ]] || ((calls < at)) || kill -KILL 0
PATH=\${PATH#*:} ${tool} "$@"
status=$?
[[ $when != after ]] || ((calls < at)) || kill -KILL 0
exit $status
`;

/** Times of the trees here are of 2020 and 2021: a folder that changed has one of now. That of the root changes with the last thing that goes from it. */
const timeless = (state: string[]) =>
  state.map((line) => line.replace(/^(.*\0d \d+ \d+ \d+) 1[7-9]\d{8} /s, '$1 now ').replace(/^(\0d \d+ \d+ \d+) \S+ /, '$1 '));

let machine: TreeMachine;
beforeAll(async () => {
  machine = await TreeMachine.start();
});
afterAll(() => machine.stop());

/** Runs until the call of that number; false when it ended before it. */
function runKilled(run: () => unknown, at: number, when: 'before' | 'after'): boolean {
  writeFileSync(join(machine.folder, 'calls'), '');
  writeFileSync(join(machine.folder, 'kill-at'), `${at} ${when}\n`);
  for (const tool of TOOLS) machine.host.tool(tool, killing(tool));
  let killed = false;
  try {
    run();
  } catch {
    killed = true;
  }
  for (const tool of TOOLS) machine.host.tool(tool, null);
  return killed && statSync(join(machine.folder, 'calls')).size >= at;
}

function fill(folder: string, word: string): void {
  mkdirSync(join(folder, 'sub/deep'), { recursive: true });
  mkdirSync(join(folder, `only ${word}`));
  writeFileSync(join(folder, 'a'), word);
  writeFileSync(join(folder, `only ${word}`, 'f'), word);
  writeFileSync(join(folder, 'sub/deep/b'), word);
  writeFileSync(join(folder, `sub/deep/${word}`), word);
  writeFileSync(join(folder, '.env'), word, { mode: 0o600 });
  execFileSync('find', [
    folder,
    '-exec',
    'touch',
    '--no-dereference',
    `--date=${word === 'then' ? '2020' : '2021'}-01-01`,
    '{}',
    '+',
  ]);
}

const PLACES: [string, Place, string[]][] = [
  ['a volume with parts that stay', { kind: 'volume', volume: 'it', exclude: 'sub/deep/b' }, []],
  ['parts of a volume', { kind: 'volume', volume: 'it' }, ['sub', 'a', 'only then']],
  ['files', { kind: 'files', directory: 'it', include: '**' }, []],
];

describe.each(PLACES)('%s', (_, declared, paths) => {
  let folder: string;
  let place: Place;
  let live: string[];
  let restored: string[];

  beforeAll(() => {
    folder = machine.anew('it');
    place = declared.kind === 'files' ? { ...declared, directory: folder } : declared;
    fill(folder, 'then');
    machine.capture(place);
    start();
    live = timeless(stateOf(folder));
    machine.beside(place, { paths });
    keep('beside');
    machine.swap(place, 'forward');
    keep('swapped');
    restored = timeless(stateOf(folder));
    expect(restored).not.toEqual(live);
  });

  function start(): void {
    machine.anew('it');
    fill(folder, 'now');
  }

  /** The tree with all that lies in it, so that each kill begins with the same. */
  function keep(name: string): void {
    execFileSync('rm', ['-rf', join(machine.folder, name)]);
    execFileSync('cp', ['--archive', folder, join(machine.folder, name)]);
  }
  function takeOut(name: string): void {
    execFileSync('rm', ['-rf', folder]);
    execFileSync('cp', ['--archive', join(machine.folder, name), folder]);
    // What is younger than this was written since the swap.
    execFileSync('find', [folder, '-path', '*/.suite-backup-restore-*/done', '-exec', 'touch', '{}', '+']);
  }

  /** Kills a document at every call it makes, before the one and after the next, and hands over to `then`. */
  function atEveryStep(prepare: () => void, run: () => unknown, then: (turn: number) => void): void {
    for (let at = 1; ; at++) {
      prepare();
      if (!runKilled(run, at, at % 2 === 1 ? 'before' : 'after')) {
        expect(at).toBeGreaterThan(5);
        return;
      }
      then(at);
    }
  }

  const goesOn = () => {
    expect(machine.swap(place, 'forward').said).toMatchObject({ swapped: true });
    expect(timeless(stateOf(folder))).toEqual(restored);
  };
  const goesBack = () => {
    expect(machine.swap(place, 'back').said.error).toBeUndefined();
    expect(timeless(stateOf(folder))).toEqual(live);
    expect(leftovers(folder)).toEqual([]);
  };

  it('whose swap is killed anywhere goes on, or back', { timeout: 600_000 }, () => {
    atEveryStep(
      () => takeOut('beside'),
      () => machine.swap(place, 'forward'),
      (turn) => (turn % 4 < 2 ? goesOn() : goesBack()),
    );
  });

  it('whose way back is killed anywhere goes on, or forward again', { timeout: 600_000 }, () => {
    atEveryStep(
      () => takeOut('swapped'),
      () => machine.swap(place, 'back'),
      (turn) => {
        const stage = leftovers(folder).find((name) => name.includes('.suite-backup-restore-'));
        // Once nothing of the new is left, there is only one way.
        if (turn % 4 < 2 && stage !== undefined && existsSync(join(stage, 'ready'))) goesOn();
        else goesBack();
      },
    );
  });

  it('whose unpacking is killed anywhere leaves the old alone, and begins anew', { timeout: 600_000 }, () => {
    atEveryStep(
      start,
      () => machine.beside(place, { paths }),
      () => {
        expect(timeless(stateOf(folder))).toEqual(live);
        machine.beside(place, { paths });
        goesOn();
      },
    );
  });
});
