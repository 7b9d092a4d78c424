import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startTime } from '../process-identity.ts';
import { parseArguments, required } from './arguments.ts';
import { systemPath } from './environment.ts';
import { Failure } from './failure.ts';
import { type Container, containerFolder, findContainer, type Inventory } from './inventory.ts';
import { say } from './say.ts';

/**
 * `docker rm --force --volumes`: ends every process of each container and forgets it. A container that does not exist is said on stderr and is no
 * failure, as Docker has it; one that the host file declares is never ours to remove.
 */
export function remove(inventory: Inventory, directory: string, words: string[]): string {
  const parsed = parseArguments('rm', { force: { takes: 'nothing' }, volumes: { takes: 'nothing' } }, words);
  required('rm', parsed, 'force');
  required('rm', parsed, 'volumes');
  if (parsed.rest.length === 0) throw new Failure(1, "docker: 'docker rm' requires at least 1 argument");
  for (const reference of parsed.rest) {
    let container: Container;
    try {
      container = findContainer(inventory, reference);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(2, `${error.message}\n`);
      continue;
    }
    if (container.declared)
      throw new Failure(1, `Error response from daemon: container ${reference} is declared in the host file and is not removed`);
    removeOne(container, directory);
    say(1, `${reference}\n`);
  }
  return '';
}

function removeOne(container: Container, directory: string): void {
  const first = `${container.pid}:${startTime(container.pid) ?? ''}`;
  const args = [join(import.meta.dirname, 'end-container.sh'), first, container.id.slice(0, 12)];
  const ended = spawnSync('bash', args, { stdio: 'ignore', env: { PATH: systemPath(process.env.PATH, directory) } });
  if (ended.status !== 0)
    throw new Failure(1, `Error response from daemon: Could not kill all processes of container ${container.id}`);
  const gone = join(directory, 'containers', `.removed-${randomUUID()}`);
  try {
    renameSync(containerFolder(directory, container.name), gone);
  } catch (error) {
    // Two calls may remove the same container at once.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // The supervisor may be writing its last state at this moment.
  rmSync(gone, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
