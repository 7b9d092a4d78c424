import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { zstdDecompressSync } from 'node:zlib';
import { compareTrees, type TreeDifferences } from '../../../functions/files/compare-trees.ts';
import { readInventory } from '../../../functions/files/inventory.ts';
import { chosenBy } from '../../../functions/files/path-patterns.ts';
import { encoded, HostMachine } from '../host-machine.ts';
import { serveFiles } from './file-server.ts';

/** Knows one volume and one container whose own files are the test's; a volume that is made is a folder, and its words lie in `created`. */
const DOCKER = `#!/bin/bash
here=$TMPDIR/..
case "$1 $2" in
  'image inspect') echo null ;;
  'volume inspect') [[ $4 != *json*Labels* ]] || { echo '{"com.docker.compose.volume":"it"}'; exit; }
    [[ -d $here/$5 ]] && { echo "$here/$5"; exit; }; echo 'no such volume' >&2; exit 1 ;;
  'volume create') shift 2; printf '%s\n' "$@" >"$here/created"; while [[ $1 == --* ]]; do shift; done; mkdir "$here/$1" && echo "$1" ;;
  'inspect --type')
    [[ $6 == app ]] || { echo 'no such container' >&2; exit 1; }
    case $5 in
      *json*) echo '{"name":"app"}' ;;
      *Running*) echo 'true image' ;;
      *Mounts*) [[ ! -e $here/mounts ]] || cat "$here/mounts" ;;
      *MergedDir*) echo "$here/root" ;;
      *Pid*) echo 0 ;;
    esac ;;
esac
`;

export const POINT = '20261123T020000Z';
const RESTORE = '20261124T030000Z-0a1b2c';
const STORE = { bucket: 'vault', prefix: 'shop/', expectedBytes: '0', chunkBytes: '1000000', attempt: 'a1' };

interface Answer {
  status: number | null;
  log: string;
  said: Record<string, unknown> & { error?: { name: string; message: string } };
}

/** What a tree is: its kind and where it lies. */
export type Place = { kind: 'volume' | 'path' | 'files' } & Record<string, string>;

/** Documents of a restore over folders of a test, with the archive behind a loopback server. */
export class TreeMachine {
  readonly host = new HostMachine({ docker: DOCKER });
  readonly folder = this.host.folder;
  readonly kept = join(this.folder, 'vault');
  #server!: Awaited<ReturnType<typeof serveFiles>>;

  static async start(): Promise<TreeMachine> {
    const machine = new TreeMachine();
    mkdirSync(machine.kept);
    machine.#server = await serveFiles(machine.kept);
    return machine;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    execFileSync('rm', ['-rf', this.folder]);
  }

  /** Captures a tree and keeps its two objects as `<as>.tar.zst` and `<as>.inventory.tar.zst`. */
  capture(place: Place, as = 'point'): void {
    const source = `${place.kind}-it`;
    const { status, log } = this.host.run(`functions/backup/capture-${place.kind}.sh`, {
      ...parametersOf(place),
      ...STORE,
      source,
      optional: 'true',
    });
    if (status !== 0) throw new Error(log);
    for (const end of ['tar.zst', 'inventory.tar.zst'])
      copyFileSync(join(this.folder, 'stored', `${source}.a1.${end}`), join(this.kept, `${as}.${end}`));
  }

  #run(document: string, place: Place, more: Record<string, string>): Answer {
    const parameters = { ...parametersOf(place), restore: RESTORE, source: `${place.kind}-it`, ...more };
    return this.host.run(`functions/restore/${document}.sh`, parameters) as unknown as Answer;
  }

  beside(
    place: Place,
    { paths = [], to = '', object = 'point.tar.zst' }: { paths?: string[]; to?: string; object?: string } = {},
  ): Answer {
    const url = encoded(this.#server.url(object));
    const previous = encoded(`.before-${POINT}`);
    const labels = list(['com.docker.compose.project=shop', 'note=two\nlines']);
    const volume = { newVolume: encoded(place.volume ?? ''), labels };
    return this.#run('restore-tree-beside', place, { ...volume, url, to: encoded(to), paths: list(paths), previous });
  }

  swap(place: Place, direction: 'forward' | 'back'): Answer {
    return this.#run('swap-tree', place, { direction, previous: encoded(`.before-${POINT}`) });
  }

  forget(place: Place): Answer {
    return this.#run('forget-tree', place, {});
  }

  diff(place: Place): Answer {
    return this.#run('diff-config', place, { url: encoded(this.#server.url('point.tar.zst')) });
  }

  inspect(place: Place, to = ''): Answer {
    return this.#run('inspect-tree', place, { since: '0', to: encoded(to) });
  }

  /** What lies on the disk against the captured point. */
  async compare(place: Place, where: 'stage' | 'live', paths: string[] = []): Promise<TreeDifferences> {
    const { said } = this.#run('list-tree', place, { ...STORE, where });
    if (said.error) throw new Error(said.error.message);
    const disk = await this.inventory(join(this.folder, 'stored', `${place.kind}-it.a1.inventory.tar.zst`));
    return compareTrees(await this.inventory(join(this.kept, 'point.inventory.tar.zst')), disk, chosenBy(paths));
  }

  async inventory(file: string) {
    return readInventory(Readable.from(zstdDecompressSync(execFileSync('cat', [file]))));
  }

  /** A folder of the test, made anew. */
  anew(name: string): string {
    const folder = join(this.folder, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

function parametersOf({ kind, include = '', exclude = '', ...place }: Place): Record<string, string> {
  const { volume = '', container = '', path = '', directory = '' } = place;
  return {
    kind,
    volume: encoded(volume),
    container: encoded(container),
    path: encoded(path),
    directory: encoded(directory),
    include: list(include === '' ? [] : include.split('|')),
    exclude: list(exclude === '' ? [] : exclude.split('|')),
  };
}

function list(items: string[]): string {
  return encoded(items.map((item) => `${item}\0`).join(''));
}

/** Everything about a tree that must be the same afterwards, one line an entry; what the restore keeps aside is left out. */
export function stateOf(folder: string): string[] {
  const names = ['-name', '.suite-backup-restore-*', '-prune', '-o'];
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
  const found = execFileSync('find', [folder, ...names, ...format])
    .toString('latin1')
    .split('\0\0')
    .slice(0, -1);
  const hashes = execFileSync('bash', [
    '-c',
    'cd -- "$1" && find . -name ".suite-backup-restore-*" -prune -o -type f -print0 | xargs -0r sha256sum --zero',
    'x',
    folder,
  ]);
  return [...found, ...hashes.toString('latin1').split('\0').slice(0, -1)].sort();
}

export function leftovers(folder: string): string[] {
  const found = execFileSync('find', [
    folder,
    '(',
    '-name',
    '.suite-backup-restore-*',
    '-o',
    '-name',
    '*.before-*',
    ')',
    '-print',
    '-prune',
  ]);
  return found.toString().split('\n').slice(0, -1);
}
