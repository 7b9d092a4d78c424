import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { switchContainer } from './changes.ts';
import { systemPath } from './environment.ts';
import { Failure } from './failure.ts';
import { type Container, findContainer, type Inventory } from './inventory.ts';
import { say } from './say.ts';

const seconds = (value: string) => (/^-?[0-9]+$/.test(value) ? null : 'a whole number of seconds is wanted');

/**
 * `docker stop -t SECONDS`: ends every process that runs in each container, and notes that it stands. What a declared container itself is
 * (a server of this machine) is not ours to end. One that stands already is no failure.
 */
export function stop(inventory: Inventory, directory: string, words: string[]): string {
  const { rest } = parseArguments('stop', { timeout: { takes: 'value', alias: '-t', check: seconds } }, words);
  return each('stop', inventory, rest, (container) => {
    if (container.status !== 'running') return;
    if (container.declared)
      switchContainer(directory, container.name, 'running', false, inventory.host.containers[container.name]!);
    const args = [join(import.meta.dirname, 'end-container.sh'), String(container.pid), container.id.slice(0, 12)];
    const ended = spawnSync('bash', args, { stdio: 'ignore', env: { PATH: systemPath(process.env.PATH, directory) } });
    if (ended.status !== 0)
      throw new Failure(1, `Error response from daemon: cannot stop container: ${container.name}: its processes do not end`);
  });
}

/** `docker start`: notes that a declared container runs. One that runs already is no failure. */
export function start(inventory: Inventory, directory: string, words: string[]): string {
  const { rest } = parseArguments('start', {}, words);
  return each('start', inventory, rest, (container) => {
    if (container.status === 'running') return;
    if (!container.declared)
      throw new Failure(125, `docker start: only containers of the host file are started again here, not ${container.name}`);
    switchContainer(directory, container.name, 'running', true, inventory.host.containers[container.name]!);
  });
}

/** As Docker: every container that is named, whatever becomes of the others; the names of the good ones on stdout. */
function each(command: string, inventory: Inventory, references: string[], work: (container: Container) => void): string {
  if (references.length === 0) throw new Failure(1, `docker: 'docker ${command}' requires at least 1 argument`);
  let failure: Failure | undefined;
  for (const reference of references) {
    try {
      work(findContainer(inventory, reference));
      say(1, `${reference}\n`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (failure) say(2, `${failure.message}\n`);
      failure = error;
    }
  }
  if (failure) throw failure;
  return '';
}
