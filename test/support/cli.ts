import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import type { Documents, Verb } from './contract.ts';
import { currentRun } from './run-folder.ts';
import { type Result, RunningCommand } from './running-command.ts';
import type { TestHost } from './test-host.ts';

export interface SuiteOptions {
  host: TestHost;
  /** The suite file but for its name. */
  suite: Record<string, unknown>;
  /** Two suites of one host that live at the same time need names of their own. */
  nameSuffix?: string;
  /** False: the command synthesizes this suite itself, whatever was synthesized before. */
  shareSynthesis?: boolean;
  /** A copy of the project to run instead of this one; share nothing then. */
  project?: string;
}

// Longer than any scenario takes; the command itself is ended, so that it is reported with what it said.
const DEADLINE = 240_000;

/** A suite file and a fresh home for the operator's command. */
export async function createSuite(options: SuiteOptions): Promise<Suite> {
  const { host, nameSuffix } = options;
  const name = nameSuffix === undefined ? host.name : `${host.name}-${nameSuffix}`;
  const folder = await mkdtemp(join(host.workspace, 'suite-'));
  const suite = new Suite(host, name, join(folder, 'suite.json'), join(folder, 'home'), options);
  await suite.rewrite(options.suite);
  return suite;
}

export class Suite {
  readonly host: TestHost;
  readonly name: string;
  readonly file: string;
  readonly home: string;
  #synthesis: string | undefined;
  readonly #share: boolean;
  readonly #project: string | undefined;

  constructor(host: TestHost, name: string, file: string, home: string, { shareSynthesis, project }: SuiteOptions) {
    this.host = host;
    this.name = name;
    this.file = file;
    this.home = home;
    this.#share = shareSynthesis ?? true;
    this.#project = project;
  }

  /** Puts other content into the suite file, whose home stays as it is. */
  async rewrite(suite: Record<string, unknown>): Promise<void> {
    const { verification, ...others } = suite as { verification?: object };
    // Scratch servers of two workers, or of a suite that somebody tries beside the tests, must not want the same port.
    const port = 10_000 + (Number.parseInt(createHash('sha256').update(this.name).digest('hex').slice(0, 8), 16) % 20_000);
    const content = { name: this.name, ...others, verification: { port, ...verification } };
    const text = `${JSON.stringify(content, undefined, 2)}\n`;
    await writeFile(this.file, text);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    this.#synthesis = this.#share ? join((await currentRun()).folder, 'synthesized', digest) : undefined;
  }

  /** Runs the command to its end, `--json` added. @throws Error when it does not end within 4 minutes */
  async run<V extends Verb>(verb: V, ...words: string[]): Promise<Result<Documents[V]>> {
    const running = await this.start(verb, ...words);
    const timer = setTimeout(() => running.killGroup('SIGKILL'), DEADLINE);
    const result = await running.done;
    clearTimeout(timer);
    if (result.seconds * 1000 >= DEADLINE)
      throw new Error(`suite-backup ${verb} did not end within ${DEADLINE / 1000} s:\n${result.stderr}`);
    await this.#keepSynthesis();
    return result;
  }

  /** Starts the command and gives it back while it runs. */
  async start<V extends Verb>(verb: V, ...words: string[]): Promise<RunningCommand<V>> {
    await this.#takeSynthesis();
    const place = ['--local', '--suite', this.file, '--home', this.home, ...this.host.cliArgs, '--json'];
    const environment = { ...this.host.environment, SUITE_BACKUP_BUNDLES: join((await currentRun()).folder, 'bundles') };
    return new RunningCommand<V>([verb, ...words, ...place], environment, this.#project);
  }

  /**
   * A home whose suite file is the same as an earlier one's starts with what was synthesized and bundled for that: 5 s saved each time.
   * The command sees by its own stamp whether it fits.
   */
  async #takeSynthesis(): Promise<void> {
    if (existsSync(this.home)) return;
    if (this.#synthesis === undefined || !existsSync(this.#synthesis)) return this.#takeOperator();
    const draft = `${this.home}.new`;
    await command(['cp', '--archive', this.#synthesis, draft]);
    await rename(draft, this.home);
  }

  /** The operator's command is the same for every suite: a second saved. */
  async #takeOperator(): Promise<void> {
    const operator = await this.#operator();
    if (this.#project !== undefined || !existsSync(operator)) return;
    await mkdir(this.home, { mode: 0o700 });
    await command(['cp', '--archive', operator, this.home]);
  }

  async #operator(): Promise<string> {
    return join((await currentRun()).folder, 'operator.mjs');
  }

  async #keepOperator(): Promise<void> {
    const operator = await this.#operator();
    if (this.#project !== undefined || existsSync(operator) || !existsSync(join(this.home, 'operator.mjs'))) return;
    const draft = `${operator}.${process.pid}`;
    await command(['cp', '--archive', join(this.home, 'operator.mjs'), draft]);
    await rename(draft, operator);
  }

  async #keepSynthesis(): Promise<void> {
    await this.#keepOperator();
    if (this.#synthesis === undefined || existsSync(this.#synthesis) || !existsSync(join(this.home, 'cdk.out'))) return;
    // aws-refused: what an aws that is too old said about itself, which takes it a second.
    const made = ['cdk.out', 'operator.mjs', 'aws-refused']
      .map((name) => join(this.home, name))
      .filter((path) => existsSync(path));
    await mkdir(join(this.#synthesis, '..'), { recursive: true });
    const draft = await mkdtemp(`${this.#synthesis}.`);
    await command(['cp', '--archive', ...made, draft]);
    // Of two workers that synthesized the same, one is first.
    await rename(draft, this.#synthesis).catch(() => rm(draft, { recursive: true }));
  }
}
