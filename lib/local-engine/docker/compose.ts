import { existsSync } from 'node:fs';
import { parseArguments, required } from './arguments.ts';
import { switchContainer } from './changes.ts';
import { Failure } from './failure.ts';
import type { Inventory } from './inventory.ts';
import { say } from './say.ts';

const flags = {
  'project-name': { takes: 'value' },
  'project-directory': { takes: 'value' },
  file: { takes: 'values' },
  'env-file': { takes: 'values' },
} as const;

/**
 * `docker compose … up --detach --no-recreate [SERVICE…]`: makes and starts containers that the host file describes for a project. What the project's files say is not read, only
 * that they are there: here the labels in the host file tell what belongs to it.
 */
export function compose(inventory: Inventory, directory: string, words: string[]): string {
  const { flags: given, rest } = parseArguments('compose', flags, words, true);
  const [command, ...more] = rest;
  if (command === 'version') return 'Docker Compose version embedded\n';
  if (command !== 'up') throw new Failure(125, `docker compose: unknown command: docker compose ${command ?? ''}`);
  const parsed = parseArguments('compose up', { detach: { takes: 'nothing' }, 'no-recreate': { takes: 'nothing' } }, more);
  for (const flag of ['detach', 'no-recreate']) required('compose up', parsed, flag);
  const project = required('compose', { flags: given, rest }, 'project-name');
  for (const file of [...given.file!, ...given['env-file']!]) {
    if (!existsSync(file)) throw new Failure(14, `open ${file}: no such file or directory`);
  }
  const own = Object.entries(inventory.host.containers).filter(
    ([, { labels }]) => labels['com.docker.compose.project'] === project,
  );
  const serviceOf = ([, { labels }]: (typeof own)[0]) => labels['com.docker.compose.service'] ?? '';
  for (const service of parsed.rest) {
    if (!own.some((each) => serviceOf(each) === service)) throw new Failure(1, `no such service: ${service}`);
  }
  if (own.length === 0) throw new Failure(14, 'no configuration file provided: not found');
  for (const each of own.filter((one) => parsed.rest.length === 0 || parsed.rest.includes(serviceOf(one)))) {
    const [name, declared] = each;
    switchContainer(directory, name, 'created', true, declared);
    switchContainer(directory, name, 'running', true, declared);
    say(2, ` Container ${name}  Started\n`);
  }
  return '';
}
