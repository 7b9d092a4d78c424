import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createSuite, type Suite } from '../support/cli.ts';
import { command } from '../support/command.ts';
import { createHost } from '../support/host.ts';
import { libpqVariables } from '../support/login.ts';
import type { Postgres, TestHost, Volume } from '../support/test-host.ts';
import { fillDatabase } from './database-data.ts';
import { say } from './report.ts';
import { fillFolder } from './volume-data.ts';

export const DATABASE = 'bench';

/** Server, volume and suites of one run of the bench; data is made when a part first asks for it. */
export class Stage {
  readonly host: TestHost;
  /** Bytes of the database, and of the volume. */
  readonly size: number;
  readonly rounds: number;
  #postgres: Promise<Postgres> | undefined;
  #volume: Promise<Volume> | undefined;
  readonly #suites = new Map<string, Promise<Suite>>();

  private constructor(host: TestHost, size: number, rounds: number) {
    this.host = host;
    this.size = size;
    this.rounds = rounds;
  }

  static async open(size: number, rounds: number): Promise<Stage> {
    return new Stage(await createHost(), size, rounds);
  }

  postgres(): Promise<Postgres> {
    this.#postgres ??= this.#makePostgres();
    return this.#postgres;
  }

  async #makePostgres(): Promise<Postgres> {
    const postgres = await this.host.postgres('db', { databases: [DATABASE] });
    say(`filling a database with ${this.size / 1e6} MB`);
    await fillDatabase(postgres, DATABASE, this.size);
    return postgres;
  }

  volume(): Promise<Volume> {
    this.#volume ??= this.#makeVolume();
    return this.#volume;
  }

  async #makeVolume(): Promise<Volume> {
    const volume = await this.host.volume('uploads');
    say(`filling a volume with ${this.size / 1e6} MB`);
    fillFolder(volume.folder, this.size);
    return volume;
  }

  /** One home per name, kept for later parts. */
  suite(name: string, sources: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Suite> {
    const made = this.#suites.get(name) ?? createSuite({ host: this.host, suite: { sources, ...more }, nameSuffix: name });
    this.#suites.set(name, made);
    return made;
  }

  async databaseSuite(fingerprint: 'count' | 'hash'): Promise<Suite> {
    const { container } = await this.postgres();
    return this.suite(fingerprint, { databases: [{ name: DATABASE, container, database: DATABASE, fingerprint }] });
  }

  async volumeSuite(): Promise<Suite> {
    return this.suite('volume', { volumes: [{ name: 'uploads', volume: (await this.volume()).name }] });
  }

  /** The environment in which PostgreSQL's clients reach the database, as they do inside its container. */
  async clientEnvironment(): Promise<Record<string, string | undefined>> {
    const postgres = await this.postgres();
    return { PATH: process.env.PATH, LANG: 'C.UTF-8', ...libpqVariables(postgres.client(DATABASE)) };
  }

  /** Runs a pipe whose output goes to a file of the same disk, and gives its seconds; what was written before is on the disk by then. */
  async pipe(script: string, env: Record<string, string | undefined>, watch?: (pid: number) => () => void): Promise<number> {
    const file = join(this.host.workspace, 'pipe.out');
    await command(['sync']);
    const began = performance.now();
    const child = spawn('bash', ['-c', `set -o pipefail; ${script} >"$1"`, 'pipe', file], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const stop = watch?.(child.pid!);
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    const seconds = (performance.now() - began) / 1000;
    stop?.();
    await command(['rm', '-f', file]);
    if (code !== 0) throw new Error(`${script} ended with ${String(code)}`);
    return seconds;
  }

  async close(): Promise<void> {
    await this.host.remove();
  }
}
