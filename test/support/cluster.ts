import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { command } from './command.ts';
import { canLogIn } from './login.ts';
import type { Run } from './run-folder.ts';
import { until } from './until.ts';

export interface ClusterOptions {
  binaries: string;
  user: string;
  password: string;
}

// PostgreSQL refuses to run as root.
const ROOT = process.getuid?.() === 0;
const asServerUser = ROOT ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--'] : [];
// However the tests end, the kernel then sends the server its signal for the fast shutdown.
const untilWeEnd = ['setpriv', '--pdeathsig=INT', '--'];
// Nothing of a test in it, so that a search for what a test left behind does not find the server it works against.
const serverEnvironment = { PATH: process.env.PATH, LANG: 'C.UTF-8' };

/**
 * A PostgreSQL server of this machine. It keeps nothing safe (no fsync), listens on 127.0.0.1 and asks for a password there, as a
 * container with a published port does.
 */
export class Cluster {
  readonly data: string;
  readonly options: ClusterOptions;
  port = 0;
  readonly #sockets: string;
  #server: ChildProcess | undefined;

  private constructor(data: string, sockets: string, options: ClusterOptions) {
    this.data = data;
    this.options = options;
    this.#sockets = sockets;
  }

  /** Makes a cluster in a folder of the run and starts it. */
  static async create(run: Run, options: ClusterOptions): Promise<Cluster> {
    const folder = join(run.folder, 'clusters', randomBytes(4).toString('hex'));
    const cluster = new Cluster(join(folder, 'data'), join(folder, 'sockets'), options);
    await mkdir(cluster.#sockets, { recursive: true });
    if (ROOT) await command(['chown', 'postgres', cluster.#sockets]);
    await command(['cp', '--archive', '--no-target-directory', await template(run, options), cluster.data]);
    await cluster.start();
    return cluster;
  }

  async start(): Promise<void> {
    // Kept for the cluster's whole life: the host file names it. Somebody else may take a free port first, hence a second try.
    for (let attempt = 0; this.#server === undefined; attempt++) {
      if (this.port === 0) this.port = await freePort();
      const server = this.#spawn();
      const { user, password } = this.options;
      const login = { host: '127.0.0.1', port: this.port, user, password, database: 'postgres' };
      const ended = () => server.exitCode !== null || server.signalCode !== null;
      await until(async () => ended() || (await canLogIn(login)), 120_000, `PostgreSQL answers on port ${this.port}`);
      if (!ended()) this.#server = server;
      else if (attempt === 4) throw new Error(`PostgreSQL does not start: ${await readFile(this.#log, 'utf8')}`);
      else this.port = 0;
    }
  }

  #spawn(): ChildProcess {
    const settings = {
      port: this.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#sockets,
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      shared_buffers: '32MB',
    };
    const words = [...asServerUser, ...untilWeEnd, join(this.options.binaries, 'postgres'), '-D', this.data];
    for (const [name, value] of Object.entries(settings)) words.push('-c', `${name}=${value}`);
    const log = openSync(this.#log, 'a');
    return spawn(words[0]!, words.slice(1), { stdio: ['ignore', log, log], env: serverEnvironment, cwd: this.#sockets });
  }

  get #log(): string {
    return join(this.#sockets, '..', 'log');
  }

  /** The fast shutdown: open sessions are ended. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const closed = once(server, 'exit');
    server.kill('SIGINT');
    await closed;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true });
    await rm(join(this.#sockets, '..'), { recursive: true, force: true });
  }
}

/** initdb takes 0.6 s and a copy of what it made 0.05 s: it runs once per run of the tests, version, user and password. */
async function template(run: Run, { binaries, user, password }: ClusterOptions): Promise<string> {
  const name = createHash('sha256')
    .update(JSON.stringify([binaries, user, password]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(run.folder, 'templates');
  const made = join(folder, name, 'data');
  const draft = join(folder, `${name}.${randomBytes(4).toString('hex')}`);
  if (await exists(made)) return made;
  await mkdir(draft, { recursive: true });
  const passwordFile = join(draft, 'password');
  await writeFile(passwordFile, `${password}\n`);
  await chmod(passwordFile, 0o644);
  if (ROOT) await command(['chown', 'postgres', draft]);
  const options = ['--auth-local=trust', '--auth-host=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  const initdb = [...asServerUser, join(binaries, 'initdb'), '--pgdata', join(draft, 'data'), '--username', user];
  await command([...initdb, '--pwfile', passwordFile, ...options], { env: serverEnvironment });
  // Of two workers that make the same template one is first; the other's is as good.
  await rename(draft, join(folder, name)).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(draft, { recursive: true });
  });
  return made;
}

async function exists(path: string): Promise<boolean> {
  return readFile(join(path, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a server on a port has an address with a port');
  return address.port;
}
