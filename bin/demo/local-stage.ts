import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.ts';
import type { Stage, Trees } from './stage.ts';

const INSTALL = 'apt-get install -y postgresql';

/** The demo's suite on the PostgreSQL that is installed here, described by a host file; folders stand for container and volume. */
export class LocalStage implements Stage {
  readonly description: string;
  readonly container = 'plant';
  readonly volume = 'plant_uploads';
  readonly host: string;
  private readonly binaries: string;
  private readonly data: string;
  private readonly uploads: string;
  private readonly port: number;

  private constructor(folder: string, binaries: string, port: number) {
    this.description = `local PostgreSQL from ${binaries} on 127.0.0.1:${port}`;
    this.host = join(folder, 'host.json');
    this.binaries = binaries;
    this.data = join(folder, 'postgres');
    this.uploads = join(folder, 'volume');
    this.port = port;
  }

  static async open(folder: string, trees: Trees): Promise<LocalStage> {
    const stage = new LocalStage(folder, findBinaries(), await freePort());
    await stage.startServer();
    const root = join(folder, 'container');
    await mkdir(join(root, 'app'), { recursive: true });
    await cp(trees.app, join(root, 'app'), { recursive: true });
    await cp(trees.uploads, stage.uploads, { recursive: true });
    const postgres = { host: '127.0.0.1', port: stage.port, binaries: stage.binaries };
    const containers = { [stage.container]: { running: true, image: 'postgres', labels: {}, environment: {}, root, postgres } };
    const description = { schema: 'suite-backup.host.v1', containers, volumes: { [stage.volume]: stage.uploads } };
    await writeFile(stage.host, `${JSON.stringify(description, null, 2)}\n`);
    return stage;
  }

  sql(database: string, text: string): Promise<string> {
    const address = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres', '-d', database];
    return run(join(this.binaries, 'psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...address], { input: text });
  }

  async deleteUploads(folders: readonly string[]): Promise<void> {
    for (const folder of folders) await rm(join(this.uploads, folder), { recursive: true });
  }

  async remove(): Promise<void> {
    await this.asServerUser(['pg_ctl', '-D', this.data, '-m', 'immediate', 'stop']).catch(() => '');
  }

  private async startServer(): Promise<void> {
    await mkdir(this.data, { recursive: true, mode: 0o700 });
    if (isRoot()) await run('chown', ['postgres', this.data]);
    await this.asServerUser([
      'initdb',
      '-D',
      this.data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ]);
    const options = `-c listen_addresses=127.0.0.1 -c port=${this.port} -c unix_socket_directories='' -c fsync=off`;
    await this.asServerUser(['pg_ctl', '-D', this.data, '-o', options, '-l', join(this.data, 'log'), '-w', 'start']);
  }

  /** PostgreSQL refuses to run as root. The folder may lie where its user cannot pass, so that one capability is kept. */
  private asServerUser([tool, ...args]: string[]): Promise<string> {
    const program = join(this.binaries, tool!);
    if (!isRoot()) return run(program, args);
    const keep = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
    return run('setpriv', ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups', ...keep, program, ...args], {
      cwd: this.data,
    });
  }
}

function isRoot(): boolean {
  return userInfo().uid === 0;
}

/** Debian keeps the servers' programs off PATH, one folder per version: the newest wins. */
function findBinaries(): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`);
  const onPath = (process.env.PATH ?? '').split(':').filter((folder) => existsSync(join(folder, 'initdb')));
  const found = [...folders, ...onPath].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_dump')),
  );
  if (found) return dirname(join(found, 'initdb'));
  throw new NoStage(`Neither Docker nor PostgreSQL is here. Install one: ${INSTALL}`);
}

/** The demo cannot begin; the message says what to install. */
export class NoStage extends Error {}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
