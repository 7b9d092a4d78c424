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
  type Project,
  type TestHost,
  type Volume,
} from './test-host.ts';
import { type Tree, writeTree } from './tree.ts';

// What an image says its PATH is.
const CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface DeclaredContainer {
  created: boolean;
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
      created: true,
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

  async project(databases: readonly string[]): Promise<Project> {
    const project = await this.directory({ 'docker-compose.yml': 'services: {}\n' });
    const labels = (service: string) => ({
      'com.docker.compose.project': this.name,
      'com.docker.compose.service': service,
      'com.docker.compose.project.working_dir': project.folder,
      'com.docker.compose.project.config_files': join(project.folder, 'docker-compose.yml'),
    });
    const ofCompose = { 'com.docker.compose.project': this.name, 'com.docker.compose.volume': 'files' };
    const volume = await this.volume('files', {}, ofCompose);
    const db = await this.postgres('db', { databases, labels: labels('db') });
    const app = await this.container('app', { labels: labels('app'), mounts: { '/srv/files': volume.name } });
    return {
      project,
      db: db.container,
      app: app.container,
      root: app,
      volume,
      sql: (database, text) => db.sql(database, text),
      destroy: async () => {
        for (const name of [db.container, app.container]) this.#containers[name]!.created = false;
        await this.written();
        await db.renew();
        for (const { folder } of [project, app, volume]) {
          for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
        }
      },
    };
  }

  async postgres(shortName: string, options: PostgresOptions = {}): Promise<Postgres & { renew(): Promise<void> }> {
    const { user = 'postgres', password = DEFAULT_PASSWORD, databases = [], dataVolume } = options;
    const create = () => Cluster.create(this.#run, { binaries: this.#binaries, user, password });
    let cluster = await create();
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
      /** A server as it is at its first start, in the place of this one. */
      renew: async () => {
        await cluster.remove();
        cluster = await create();
        this.#clusters.set(container.container, cluster);
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
