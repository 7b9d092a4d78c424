import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { folderAt, HostFolders } from './host-folders.ts';
import { canLogIn, createDatabases, foreignSessions, type Login, OWN_SESSION, ownLogin, PSQL_OPTIONS } from './login.ts';
import { killMarked, markedProcesses } from './processes.ts';
import { quoted, scriptBefore, type ToolReplacement, writeExecutable } from './replaced-tools.ts';
import { RUN_LABEL, type Run, workerName } from './run-folder.ts';
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
import type { Tree } from './tree.ts';
import { until } from './until.ts';

/** Who a session is, and where. */
type Session = Pick<Login, 'user' | 'database'> & { application_name: string };

/** Containers of a Docker engine on this machine, which a test reaches as root through the engine's folders and /proc. */
export async function createDockerHost(run: Run, major: string): Promise<TestHost> {
  const image = `suite-backup-test/postgres:${major}`;
  await docker('image', 'inspect', image).catch((error: Error) => {
    throw new Error(`The engine has no ${image} (npm run test:engine builds it): ${error.message}`);
  });
  const host = new DockerHost(run, major, image, await HostFolders.create(run));
  await docker('network', 'create', '--label', host.label, host.name);
  return host;
}

function docker(...words: string[]): Promise<string> {
  return command(['docker', ...words]);
}

async function inspected(kind: 'container' | 'volume', name: string, format: string): Promise<string> {
  return docker(kind, 'inspect', '--format', format, name);
}

class DockerHost implements TestHost {
  readonly name: string;
  readonly label: string;
  readonly #major: string;
  readonly #image: string;
  readonly #folders: HostFolders;
  readonly #containers = new Set<string>();
  readonly #volumes = new Set<string>();
  readonly #servers = new Map<string, () => Login>();

  constructor(run: Run, major: string, image: string, folders: HostFolders) {
    this.name = workerName(run);
    this.label = `${RUN_LABEL}=${run.id}`;
    this.#major = major;
    this.#image = image;
    this.#folders = folders;
    for (const name of ['DOCKER_HOST', 'DOCKER_CONFIG']) {
      if (process.env[name] !== undefined) folders.environment[name] = process.env[name];
    }
  }

  readonly cliArgs: readonly string[] = ['--host', 'docker'];

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

  async volume(shortName: string, tree: Tree = {}, labels: Record<string, string> = {}): Promise<Volume> {
    const name = `${this.name}-${shortName}`;
    const flags = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]);
    await docker('volume', 'create', '--label', this.label, ...flags, name);
    this.#volumes.add(name);
    const folder = await inspected('volume', name, '{{.Mountpoint}}');
    const volume = Object.assign(
      folderAt(() => folder),
      {
        name,
        remove: async () => {
          await docker('volume', 'rm', name);
          this.#volumes.delete(name);
        },
      },
    );
    await volume.write(tree);
    return volume;
  }

  async container(shortName: string, options: ContainerOptions = {}): Promise<Container> {
    // SIGKILL: the first process of a container does not listen to any other signal unless it asked for it.
    return this.#run(
      shortName,
      options,
      ['--network', 'none', '--stop-signal', 'SIGKILL', '--entrypoint', 'sleep'],
      ['infinity'],
    );
  }

  async #run(shortName: string, options: ContainerOptions, flags: string[], words: string[]): Promise<Container> {
    const name = `${this.name}-${shortName}`;
    for (const [path, volume] of Object.entries(options.mounts ?? {})) flags.push('--volume', `${volume}:${path}`);
    for (const [variable, value] of Object.entries(options.environment ?? {})) flags.push('--env', `${variable}=${value}`);
    for (const [label, value] of Object.entries(options.labels ?? {})) flags.push('--label', `${label}=${value}`);
    this.#containers.add(name);
    await docker('run', '--detach', '--name', name, '--label', this.label, ...flags, this.#image, ...words);
    let root = await rootOf(name);
    const container = Object.assign(
      folderAt(() => root),
      {
        container: name,
        binaries: toolsIn(name, () => root),
        stop: async () => void (await docker('stop', name)),
        start: async () => {
          await docker('start', name);
          root = await rootOf(name);
        },
        remove: async () => {
          await docker('rm', '--force', '--volumes', name);
          this.#containers.delete(name);
        },
      },
    );
    await container.write(options.files ?? {});
    return container;
  }

  /** psql in a container. */
  #sql(name: string, { user, database, application_name }: Session, text: string, options: string[]): Promise<string> {
    const variables = { PGUSER: user, PGDATABASE: database, PGAPPNAME: application_name };
    const flagsOfExec = Object.entries(variables).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]);
    const psql = `/usr/lib/postgresql/${this.#major}/bin/psql`;
    return command(['docker', 'exec', '--interactive', ...flagsOfExec, name, psql, ...PSQL_OPTIONS, ...options], { input: text });
  }

  async project(databases: readonly string[]): Promise<Project> {
    const [db, app, files] = ['db', 'app', 'files'].map((name) => `${this.name}-${name}`) as [string, string, string];
    const [label, run] = this.label.split('=') as [string, string];
    const common = { image: this.#image, labels: { [label]: run } };
    const content = {
      name: this.name,
      services: {
        db: {
          ...common,
          container_name: db,
          command: ['postgres', '-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'],
          environment: { POSTGRES_PASSWORD: DEFAULT_PASSWORD.replaceAll('$', '$$$$'), POSTGRES_INITDB_ARGS: '--no-sync' },
        },
        // SIGKILL: sleep as the first process of a container does not listen to any other signal.
        app: {
          ...common,
          container_name: app,
          entrypoint: ['sleep', 'infinity'],
          stop_signal: 'SIGKILL',
          volumes: ['files:/srv/files'],
        },
      },
      volumes: { files: { name: files } },
      networks: { default: { name: this.name, external: true } },
    };
    // JSON is YAML.
    const project = await this.directory({ 'docker-compose.yml': JSON.stringify(content) });
    const compose = (...words: string[]) =>
      docker('compose', '--project-directory', project.folder, '--file', join(project.folder, 'docker-compose.yml'), ...words);
    await compose('up', '--detach');
    for (const name of [db, app]) this.#containers.add(name);
    this.#volumes.add(files);
    const login = (database: string): Session => ({ user: 'postgres', database, application_name: OWN_SESSION });
    // Over TCP: while it makes its data folder a server answers on its socket only.
    await until(
      () =>
        docker('exec', db, 'pg_isready', '--host=127.0.0.1').then(
          () => true,
          () => false,
        ),
      120_000,
      `PostgreSQL in ${db} answers`,
    );
    for (const database of databases) await this.#sql(db, login('postgres'), `create database "${database}"`, []);
    const pid = () => execFileSync('docker', ['inspect', '--format', '{{.State.Pid}}', app]).toString().trim();
    const mountpoint = () =>
      execFileSync('docker', ['volume', 'inspect', '--format', '{{.Mountpoint}}', files]).toString().trim();
    return {
      project,
      db,
      app,
      root: folderAt(() => `/proc/${pid()}/root`),
      volume: folderAt(mountpoint),
      sql: (database, text) => this.#sql(db, login(database), text, []),
      destroy: async () => {
        await compose('down', '--volumes');
        for (const name of await readdir(project.folder)) await rm(join(project.folder, name), { recursive: true });
      },
    };
  }

  async postgres(shortName: string, options: PostgresOptions = {}): Promise<Postgres> {
    const { user = 'postgres', password = DEFAULT_PASSWORD, databases = [], dataVolume } = options;
    const mounts = { ...options.mounts };
    if (dataVolume !== undefined) mounts['/var/lib/postgresql/data'] = (await this.volume(dataVolume)).name;
    const environment = {
      POSTGRES_USER: user,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: 'postgres',
      POSTGRES_INITDB_ARGS: '--no-sync',
      ...options.environment,
    };
    const flags = ['--network', this.name, '--publish', '127.0.0.1::5432'];
    const words = ['postgres', '-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'];
    const container = await this.#run(shortName, { ...options, mounts, environment }, flags, words);
    const { start, remove, container: name } = container;
    let port = 0;
    const client = (database: string) => ownLogin({ host: '127.0.0.1', port, user, password, database });
    const ready = async () => {
      // The engine publishes on another port at every start.
      port = Number((await docker('port', name, '5432/tcp')).split(':').at(-1));
      await until(() => canLogIn(client('postgres')), 120_000, `PostgreSQL in ${name} answers`);
    };
    await ready();
    this.#servers.set(name, () => client('postgres'));
    await createDatabases(client('postgres'), databases);
    return Object.assign(container, {
      user,
      client,
      sql: (database: string, text: string, ...options: string[]) => this.#sql(name, client(database), text, options),
      start: async () => {
        await start();
        await ready();
      },
      remove: async () => {
        await remove();
        this.#servers.delete(name);
      },
    });
  }

  async leftovers(): Promise<string[]> {
    const scratch = await this.#scratchContainers();
    const found: string[] = [];
    for (const { pid, command: words } of await markedProcesses([this.#folders.base])) {
      // A scratch container is told of as one; what runs in it goes with it.
      const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      if (!scratch.some((id) => groups.includes(id))) found.push(`process ${pid}: ${words}`);
    }
    for (const name of this.#containers) {
      if ((await inspected('container', name, '{{.State.Running}}')) !== 'true') continue;
      for (const process of await foreignProcesses(name)) found.push(`process in ${name}: ${process}`);
      const login = this.#servers.get(name);
      if (login) found.push(...(await foreignSessions(login())));
    }
    for (const id of scratch) {
      // It may have gone since it was found.
      const name = await inspected('container', id, '{{.Name}}').catch(() => '');
      if (name !== '') found.push(`container ${name}`);
    }
    return [...found, ...(await this.#folders.leftovers())];
  }

  /** Those that name this host: its suite's name or one of its folders. */
  async #scratchContainers(): Promise<string[]> {
    const ids = (await docker('ps', '--all', '--quiet', '--filter', 'label=suite-backup.scratch'))
      .split('\n')
      .filter((id) => id !== '');
    const own: string[] = [];
    for (const id of ids) {
      // Another test's, which may go away at any moment, is no reason to fail.
      const text = await docker('container', 'inspect', id).catch(() => '');
      if (text.includes(this.name) || text.includes(this.#folders.base)) own.push(id);
    }
    return own;
  }

  async remove(): Promise<void> {
    await killMarked([this.#folders.base]);
    for (const name of [...this.#containers, ...(await this.#scratchContainers())])
      await removed('container', name, '--force', '--volumes');
    for (const name of this.#volumes) await removed('volume', name, '--force');
    await removed('network', this.name);
    await this.#folders.remove();
  }
}

/** Removes something; again, as long as the engine is still busy with a removal of it, or of what uses it, that a killed command began. */
async function removed(kind: 'container' | 'volume' | 'network', name: string, ...flags: string[]): Promise<void> {
  const remove = async () => {
    await docker(kind, 'rm', ...flags, name).catch((error: Error) => {
      if (!/no such|not found/i.test(error.message)) throw error;
    });
    return true;
  };
  await until(remove, 60_000, `the ${kind} ${name} is removed`);
}

/** The file system of a container, as its first process sees it. */
async function rootOf(container: string): Promise<string> {
  return `/proc/${await inspected('container', container, '{{.State.Pid}}')}/root`;
}

/** /usr/local/bin comes first on PATH in the image, and nothing of its own is in it but the entrypoint. */
function toolsIn(container: string, root: () => string): ToolReplacement {
  const replaced = new Set<string>();
  const folder = () => join(root(), 'usr/local/bin');
  return {
    replace: async (tool, script) => {
      const find = `PATH=\${PATH/\\/usr\\/local\\/bin:/} type -P ${quoted(tool)}`;
      const real = await docker('exec', container, 'bash', '-c', find);
      await mkdir(folder(), { recursive: true });
      await writeExecutable(folder(), tool, scriptBefore(quoted(real), script));
      replaced.add(tool);
    },
    reset: async () => {
      for (const tool of replaced) await rm(join(folder(), tool));
      replaced.clear();
    },
  };
}

/** Command lines of what was started in a container beside its own server. */
async function foreignProcesses(container: string): Promise<string[]> {
  const [, ...lines] = (await docker('top', container, '-eo', 'pid,args')).split('\n');
  const commands = lines.map((line) => line.trim().replace(/^\d+\s+/, ''));
  // In brackets: it has ended, or is just becoming another program.
  return commands.filter((words) => !/^(\[|postgres\b|sleep infinity$)/.test(words));
}
