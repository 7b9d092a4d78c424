import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cluster } from './cluster.ts';
import { command } from './command.ts';
import { folderAt, HostFolders } from './host-folders.ts';
import { createDatabases, foreignSessions, libpqVariables, ownLogin, PSQL_OPTIONS } from './login.ts';
import { INSTALL_POSTGRES, postgresBinaries, programOnPath } from './postgres-binaries.ts';
import { killMarked, markedProcesses } from './processes.ts';
import { quoted, scriptBefore, type ToolReplacement, writeExecutable } from './replaced-tools.ts';
import { type Run, workerName } from './run-folder.ts';
import {
  type Container,
  type ContainerOptions,
  DEFAULT_PASSWORD,
  type Postgres,
  type PostgresOptions,
  type TestHost,
  type Volume,
} from './test-host.ts';
import { type Tree, writeTree } from './tree.ts';

// What an image says its PATH is.
const CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface DeclaredContainer {
  running: boolean;
  image: string;
  labels: Record<string, string>;
  environment: Record<string, string>;
  root: string;
  mounts: Record<string, string>;
  postgres?: { host: string; port: number; binaries: string };
}

/** Folders and PostgreSQL servers of this machine, described in a host file. */
export async function createEmbeddedHost(run: Run, major: string): Promise<TestHost> {
  const binaries = postgresBinaries(major);
  if (binaries === undefined) throw new Error(`No PostgreSQL ${major} on this machine: ${INSTALL_POSTGRES}`);
  return new EmbeddedHost(run, major, binaries, await HostFolders.create(run)).written();
}

class EmbeddedHost implements TestHost {
  readonly name: string;
  readonly #run: Run;
  readonly #image: string;
  readonly #binaries: string;
  readonly #folders: HostFolders;
  readonly #containers: Record<string, DeclaredContainer> = {};
  readonly #volumes: Record<string, { folder: string; labels: Record<string, string> }> = {};
  readonly #clusters = new Map<string, Cluster>();

  constructor(run: Run, major: string, binaries: string, folders: HostFolders) {
    this.name = workerName(run);
    this.#run = run;
    this.#image = `suite-backup-test/postgres:${major}`;
    this.#binaries = binaries;
    this.#folders = folders;
  }

  get cliArgs(): readonly string[] {
    return ['--host', this.#folders.path('host.json')];
  }

  get environment(): Record<string, string> {
    return this.#folders.environment;
  }

  get workspace(): string {
    return this.#folders.path('workspace');
  }

  get hostTool(): ToolReplacement {
    return this.#folders.hostTool;
  }

  directory(tree: Tree) {
    return this.#folders.directory(tree);
  }

  limitScratch(bytes: number) {
    return this.#folders.limitScratch(bytes);
  }

  /** Writes the host file. */
  async written(): Promise<this> {
    const file = this.#folders.path('host.json');
    const content = { schema: 'suite-backup.host.v1', containers: this.#containers, volumes: this.#volumes };
    await writeFile(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`);
    await rename(`${file}.new`, file);
    return this;
  }

  async volume(name: string, tree: Tree = {}, labels: Record<string, string> = {}): Promise<Volume> {
    const folder = this.#folders.path('volumes', name);
    await writeTree(folder, tree);
    return this.#declareVolume(name, folder, labels);
  }

  async #declareVolume(shortName: string, folder: string, labels: Record<string, string> = {}): Promise<Volume> {
    const name = `${this.name}-${shortName}`;
    this.#volumes[name] = { folder, labels };
    await this.written();
    return Object.assign(
      folderAt(() => folder),
      {
        name,
        remove: async () => {
          delete this.#volumes[name];
          await this.written();
          await rm(folder, { recursive: true, force: true });
        },
      },
    );
  }

  async container(shortName: string, options: ContainerOptions = {}): Promise<Container> {
    const name = `${this.name}-${shortName}`;
    const root = this.#folders.path('containers', shortName);
    await writeTree(root, options.files ?? {});
    this.#containers[name] = {
      running: true,
      image: this.#image,
      labels: options.labels ?? {},
      environment: { PATH: `${this.#toolFolder(shortName)}:${CONTAINER_PATH}`, ...options.environment },
      root,
      mounts: options.mounts ?? {},
    };
    await this.written();
    const run = async (running: boolean) => {
      this.#containers[name]!.running = running;
      await this.written();
    };
    return Object.assign(
      folderAt(() => root),
      {
        container: name,
        binaries: await this.#toolsIn(shortName),
        stop: () => run(false),
        start: () => run(true),
        remove: async () => {
          delete this.#containers[name];
          await this.written();
          for (const folder of [root, this.#toolFolder(shortName)]) await rm(folder, { recursive: true, force: true });
        },
      },
    );
  }

  async postgres(shortName: string, options: PostgresOptions = {}): Promise<Postgres> {
    const { user = 'postgres', password = DEFAULT_PASSWORD, databases = [], dataVolume } = options;
    const cluster = await Cluster.create(this.#run, { binaries: this.#binaries, user, password });
    const mounts = { ...options.mounts };
    if (dataVolume !== undefined) mounts['/var/lib/postgresql/data'] = (await this.#declareVolume(dataVolume, cluster.data)).name;
    const environment = { POSTGRES_USER: user, POSTGRES_PASSWORD: password, ...options.environment };
    const container = await this.container(shortName, { ...options, mounts, environment });
    const removeContainer = container.remove;
    const declared = this.#containers[container.container]!;
    this.#clusters.set(container.container, cluster);
    const client = (database: string) => ownLogin({ host: '127.0.0.1', port: cluster.port, user, password, database });
    declared.postgres = { host: '127.0.0.1', port: cluster.port, binaries: this.#toolFolder(shortName) };
    await this.written();
    await createDatabases(client('postgres'), databases);
    return Object.assign(container, {
      user,
      client,
      sql: (database: string, text: string, ...options: string[]) => {
        const env = { PATH: process.env.PATH, ...libpqVariables(client(database)) };
        return command([join(this.#binaries, 'psql'), ...PSQL_OPTIONS, ...options], { input: text, env });
      },
      stop: async () => {
        declared.running = false;
        await this.written();
        await cluster.stop();
      },
      start: async () => {
        await cluster.start();
        declared.running = true;
        declared.postgres!.port = cluster.port;
        await this.written();
      },
      remove: async () => {
        await removeContainer();
        this.#clusters.delete(container.container);
        await cluster.remove();
      },
    });
  }

  #toolFolder(shortName: string): string {
    return this.#folders.path('tools-of-containers', shortName);
  }

  /** PostgreSQL's programs as links, and in their place or beside them a test's scripts. */
  async #toolsIn(shortName: string): Promise<ToolReplacement> {
    const folder = this.#toolFolder(shortName);
    await mkdir(folder, { recursive: true });
    const programs = await readdir(this.#binaries);
    const link = async (program: string) => symlink(join(this.#binaries, program), join(folder, program));
    for (const program of programs) await link(program);
    return {
      replace: async (tool, script) => {
        const real = existsSync(join(this.#binaries, tool)) ? join(this.#binaries, tool) : programOnPath(tool);
        await writeExecutable(folder, tool, scriptBefore(quoted(real), script));
      },
      reset: async () => {
        for (const tool of await readdir(folder)) await rm(join(folder, tool));
        for (const program of programs) await link(program);
      },
    };
  }

  /** Processes inside a container carry its port, the others our mark. */
  get #marks(): string[] {
    return [this.#folders.base, ...[...this.#clusters.values()].map(({ port }) => `PGPORT=${port}\0`)];
  }

  async leftovers(): Promise<string[]> {
    const found = (await markedProcesses(this.#marks)).map(({ pid, command: words }) => `process ${pid}: ${words}`);
    for (const [name, cluster] of this.#clusters) {
      if (!this.#containers[name]?.running) continue;
      const { user, password } = cluster.options;
      found.push(...(await foreignSessions({ host: '127.0.0.1', port: cluster.port, user, password, database: 'postgres' })));
    }
    return [...found, ...(await this.#folders.leftovers())];
  }

  async remove(): Promise<void> {
    await killMarked(this.#marks);
    await Promise.all([...this.#clusters.values()].map((cluster) => cluster.remove()));
    await this.#folders.remove();
  }
}
