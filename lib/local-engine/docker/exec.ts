import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { environmentFlag, findProgram, insideEnvironment, systemPath } from './environment.ts';
import { Failure } from './failure.ts';
import { findContainer, type Inventory } from './inventory.ts';
import { processUser } from './user.ts';

/**
 * `docker exec`: becomes exec-client.sh, which is small and passes streams, signals and the exit code. Throws a Failure before anything has started
 * when there is nothing to start.
 */
export function exec(inventory: Inventory, directory: string, words: string[]): never {
  const { flags, rest } = parseArguments(
    'exec',
    { interactive: { takes: 'nothing', alias: '-i' }, user: { takes: 'value' }, env: environmentFlag },
    words,
    true,
  );
  const [name, ...command] = rest;
  if (name === undefined || command.length === 0) throw new Failure(1, "docker: 'docker exec' requires at least 2 arguments");
  const container = findContainer(inventory, name);
  if (container.status !== 'running')
    throw new Failure(1, `Error response from daemon: Container ${container.id} is not running`);

  const user = processUser(flags.user![0] ?? container.user, { uid: process.getuid!(), home: homedir() });
  const inside = insideEnvironment(container, directory, user.home, flags.env!);
  const folder = container.root ?? '/';
  if (!existsSync(folder)) throw cannotStart(126, `chdir to cwd ("${folder}") failed: no such file or directory`);
  const missing = findProgram(command[0]!, inside.PATH!, folder);
  if (missing !== null)
    throw cannotStart(missing === 'permission denied' ? 126 : 127, `exec: ${JSON.stringify(command[0])}: ${missing}`);

  mkdirSync(join(directory, 'exec'), { recursive: true, mode: 0o700 });
  const spec = join(directory, 'exec', `${process.pid}-${process.hrtime.bigint()}`);
  const variables = Object.entries(inside).map(([variable, value]) => `${variable}=${value}`);
  const parts = [folder, String(variables.length), ...variables, ...user.prefix, ...command];
  writeFileSync(spec, `${parts.join('\0')}\0`, { mode: 0o600 });
  flushCompileCache();
  // Node ignores SIGPIPE, and what is ignored stays ignored across an exec: `env` undoes that.
  const client = [
    'env',
    '--default-signal=PIPE',
    'bash',
    join(import.meta.dirname, 'exec-client.sh'),
    spec,
    flags.interactive!.length > 0 ? 'interactive' : '-',
  ];
  return process.execve!('/usr/bin/env', client, { PATH: systemPath(process.env.PATH, directory) });
}

/** Docker writes this to stdout: the streams were already attached. */
function cannotStart(exitCode: number, reason: string): Failure {
  return new Failure(
    exitCode,
    `OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`,
    'stdout',
  );
}
