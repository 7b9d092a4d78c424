import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { type Fingerprint, parseFingerprint } from '../../../functions/postgres/fingerprint.ts';
import { type DatabaseDifference, databaseDifferences } from '../../../functions/restore/database-differences.ts';
import { embeddedHost } from '../../../lib/local-engine/docker/embedded-host.ts';
import { createEmbeddedHost } from '../../support/embedded-host.ts';
import { postgresMajor } from '../../support/postgres-binaries.ts';
import { currentRun } from '../../support/run-folder.ts';
import type { Postgres, TestHost } from '../../support/test-host.ts';
import { encoded, HostMachine } from '../host-machine.ts';
import { serveFiles } from './file-server.ts';

/** Of this process alone: a document ends what an earlier one of its restore has left running on the machine. */
const RESTORE = `20261124T030000Z-${randomBytes(3).toString('hex')}`;
const STORE = {
  bucket: 'vault',
  prefix: 'shop/',
  expectedBytes: '0',
  chunkBytes: '1000000',
  attempt: 'a1',
  source: 'database-it',
};
/** These travel as they are; everything else is free text. */
const PLAIN = [
  'passwordVariable',
  'ownership',
  'direction',
  'replace',
  'fingerprint',
  'optional',
  'plainSql',
  'oid',
  'old',
  'discard',
];

export interface Answer {
  status: number | null;
  said: Record<string, unknown> & { error?: { name: string; message: string } };
  log: string;
}

/** Documents of a restore over a real server, with the dumps behind a loopback server. */
export class DatabaseMachine {
  readonly host: HostMachine;
  readonly db: Postgres;
  readonly docker: string;
  readonly #server: Awaited<ReturnType<typeof serveFiles>>;
  readonly #testHost: TestHost;
  readonly #kept: string;

  private constructor(
    host: HostMachine,
    kept: string,
    testHost: TestHost,
    db: Postgres,
    docker: string,
    server: DatabaseMachine['server'],
  ) {
    this.host = host;
    this.#kept = kept;
    this.#testHost = testHost;
    this.db = db;
    this.docker = docker;
    this.#server = server;
  }

  private get server() {
    return this.#server;
  }

  static async start(databases: string[]): Promise<DatabaseMachine> {
    const testHost = await createEmbeddedHost(await currentRun(), postgresMajor());
    const db = await testHost.postgres('db', { databases, environment: { APP_PASSWORD: 'app' } });
    const { path } = embeddedHost(testHost.cliArgs[1]!, join(testHost.workspace, 'docker'));
    const host = new HostMachine({});
    const docker = join(path[0]!, 'docker');
    const kept = join(host.folder, 'vault');
    mkdirSync(kept);
    const machine = new DatabaseMachine(host, kept, testHost, db, docker, await serveFiles(kept));
    machine.reset();
    return machine;
  }

  /** Docker is the real one again. */
  reset(): void {
    this.host.tool('docker', `#!/bin/sh\nexec ${this.docker} "$@"\n`);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await this.#testHost.remove();
    this.host.remove();
  }

  run(document: string, parameters: Record<string, string | string[]>): Answer {
    const words = Object.entries(parameters).map(([name, value]) => {
      if (Array.isArray(value)) return [name, encoded(value.map((item) => `${item}\0`).join(''))];
      return [name, PLAIN.includes(name) ? value : encoded(value)];
    });
    return this.host.run(document.includes('/') ? document : `functions/restore/${document}.sh`, {
      ...STORE,
      container: encoded(this.db.container),
      user: '',
      passwordVariable: '',
      restore: RESTORE,
      ...Object.fromEntries(words),
    }) as unknown as Answer;
  }

  /** Captures a database and keeps its dump and its fingerprint. */
  capture(database: string): { url: string; fingerprint: Fingerprint } {
    const { status, log } = this.run('functions/backup/capture-database.sh', {
      database,
      fingerprint: 'hash',
      optional: 'false',
      plainSql: 'false',
    });
    if (status !== 0) throw new Error(log);
    copyFileSync(join(this.host.folder, 'stored', 'database-it.a1.dump.zst'), join(this.#kept, 'dump.zst'));
    return { url: this.#server.url('dump.zst'), fingerprint: this.#fingerprint('database-it.a1.fingerprint.json') };
  }

  /** Keeps a text as a stored object, and answers where. */
  async keep(name: string, text: string): Promise<string> {
    await writeFile(join(this.#kept, name), zstdCompressSync(text));
    return this.#server.url(name);
  }

  #fingerprint(name: string): Fingerprint {
    return parseFingerprint(readFileSync(join(this.host.folder, 'stored', name), 'utf8'));
  }

  /** What of a database is not as it was captured. */
  differences(database: string, point: Fingerprint): DatabaseDifference[] {
    const { status, log } = this.run('fingerprint-database', { database, fingerprint: 'hash' });
    if (status !== 0) throw new Error(log);
    return databaseDifferences('it', point, this.#fingerprint(`database-it.restore-${RESTORE}.a1.fingerprint.json`));
  }

  /** Names of all databases of the server but its own. */
  async databases(): Promise<string[]> {
    const said = await this.db.sql(
      'postgres',
      "select json_agg(datname order by datname) from pg_database where datname not in ('postgres', 'template0', 'template1')",
    );
    return JSON.parse(said);
  }
}
