import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { command } from './command.ts';
import { quoted, scriptBefore, type ToolReplacement, writeExecutable } from './replaced-tools.ts';
import { newFolder, type Run } from './run-folder.ts';
import type { Folder } from './test-host.ts';
import { type Tree, writeTree } from './tree.ts';

export const PROJECT = resolve(import.meta.dirname, '../..');

/** The folders of one test host on this machine, and the environment in which a command uses them. */
export class HostFolders {
  /** All of them are below it: it marks what belongs to this host. */
  readonly base: string;
  readonly environment: Record<string, string>;
  readonly #temporary: string;
  readonly #mounted: string[] = [];

  private constructor(base: string) {
    this.base = base;
    this.#temporary = this.path('tmp');
    this.environment = {
      // The tools of a test come first, as those of an administrator in /usr/local would.
      PATH: [this.path('tools'), process.env.PATH].join(delimiter),
      HOME: this.path('user'),
      TMPDIR: this.#temporary,
      LANG: 'C.UTF-8',
      SUITE_BACKUP_TEST_MARK: base,
    };
  }

  static async create(run: Run): Promise<HostFolders> {
    const folders = new HostFolders(await newFolder(run, 'host'));
    for (const name of ['tools', 'user', 'tmp', 'workspace', 'containers', 'volumes']) await mkdir(folders.path(name));
    // As /tmp: the scratch server runs as another user.
    await chmod(folders.#temporary, 0o1777);
    return folders;
  }

  path(...names: string[]): string {
    return join(this.base, ...names);
  }

  async directory(tree: Tree): Promise<Folder> {
    const folder = await mkdtemp(this.path('workspace', 'directory-'));
    await writeTree(folder, tree);
    return folderAt(() => folder);
  }

  get hostTool(): ToolReplacement {
    const tools = this.path('tools');
    // Looked up when it runs: whoever starts it may have put folders of his own on PATH.
    const installed = (tool: string) => `$(p=:$PATH:; PATH=\${p//":${tools}:"/:} type -P ${quoted(tool)})`;
    // The engine takes an installed aws only when it knows --no-overwrite, and then no other: the real one behind a script is its stand-in.
    const standIn = [process.execPath, '--disable-warning=ExperimentalWarning', join(PROJECT, 'lib/local-engine/aws-cli/aws.ts')];
    return {
      replace: async (tool, script) => {
        if (tool !== 'aws') return writeExecutable(tools, tool, scriptBefore(installed(tool), script));
        await writeExecutable(this.base, 'aws', `#!/bin/sh\nexec ${standIn.map(quoted).join(' ')} "$@"\n`);
        const version = '[[ $1 != --version ]] || exec "$REAL" --version';
        await writeExecutable(tools, tool, scriptBefore(quoted(this.path('aws')), `${version}\n${script}`));
      },
      reset: async () => {
        for (const tool of await readdir(tools)) await rm(join(tools, tool));
      },
    };
  }

  async limitScratch(bytes: number): Promise<() => Promise<void>> {
    if (process.getuid?.() !== 0) throw new Error('A scratch area of a set size is a mounted file system: run this test as root');
    const folder = await mkdtemp(this.path('limited-'));
    await command(['mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=1777`, 'suite-backup-test', folder]);
    this.#mounted.push(folder);
    this.environment.TMPDIR = folder;
    return async () => {
      this.environment.TMPDIR = this.#temporary;
    };
  }

  /** What lies in the temp folders and in the home of the user. */
  async leftovers(): Promise<string[]> {
    const found: string[] = [];
    for (const folder of [this.#temporary, this.path('user'), ...this.#mounted]) {
      for (const name of await readdir(folder)) found.push(`file ${join(folder, name)}`);
    }
    return found;
  }

  async remove(): Promise<void> {
    for (const folder of this.#mounted.splice(0)) await command(['umount', '--lazy', folder]);
    // rm of the system: a test may have made folders that nobody may enter, and names that are no UTF-8.
    await command(['rm', '-rf', '--one-file-system', this.base]);
  }
}

/** `folder` is asked each time: that of a container changes when it starts again. */
export function folderAt(folder: () => string): Folder {
  return {
    get folder() {
      return folder();
    },
    write: (tree) => writeTree(folder(), tree),
    delete: (path) => rm(join(folder(), path), { recursive: true, force: true }),
  };
}
