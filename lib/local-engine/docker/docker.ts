import { labelProblem, oneOf, parseArguments, required } from './arguments.ts';
import { createVolume } from './changes.ts';
import { Failure } from './failure.ts';
import { readHostFile } from './host-file.ts';
import {
  findContainer,
  findImage,
  type Inventory,
  inspectContainer,
  inspectImage,
  inspectVolume,
  labelFilter,
  readInventory,
} from './inventory.ts';
import { say } from './say.ts';
import { render } from './template.ts';

// The `docker` of an embedded host: the calls that are known, over the folders, processes and PostgreSQL binaries of this machine.
// Started by the wrapper that embedded-host.ts writes: docker.ts HOST-FILE DIRECTORY docker's own arguments…
const [hostFile, directory, ...words] = process.argv.slice(2);

try {
  if (hostFile === undefined || directory === undefined)
    throw new Failure(125, 'usage: docker.ts HOST-FILE DIRECTORY ARGUMENT...');
  say(1, await answer(readInventory(readHostFile(hostFile), directory), directory, words));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const failure = error instanceof Failure ? error : new Failure(125, `docker: ${error.message}`);
  say(failure.stream === 'stdout' ? 1 : 2, `${failure.message}\n`);
  process.exitCode = failure.exitCode;
}

async function answer(inventory: Inventory, directory: string, words: string[]): Promise<string> {
  const command = ['image', 'volume'].includes(words[0] ?? '') ? words.slice(0, 2).join(' ') : (words[0] ?? '');
  const rest = words.slice(command.split(' ').length);
  switch (command) {
    case 'version': {
      const parsed = parseArguments(command, { format: { takes: 'value' } }, rest);
      noArguments(command, parsed.rest);
      return `${render(required(command, parsed, 'format'), { Client: { Version: 'embedded' }, Server: { Version: 'embedded' } })}\n`;
    }
    case 'inspect': {
      const parsed = parseArguments(
        command,
        { type: { takes: 'value', check: oneOf('container') }, format: { takes: 'value' } },
        rest,
      );
      required(command, parsed, 'type');
      const container = findContainer(inventory, oneArgument(command, parsed.rest));
      return `${render(required(command, parsed, 'format'), inspectContainer(container))}\n`;
    }
    case 'image inspect': {
      const parsed = parseArguments(command, { format: { takes: 'value' } }, rest);
      const name = oneArgument(command, parsed.rest);
      const image = findImage(inventory, name);
      if (!image) throw new Failure(1, `Error response from daemon: No such image: ${name}`);
      return `${render(required(command, parsed, 'format'), inspectImage(image))}\n`;
    }
    case 'volume inspect': {
      const parsed = parseArguments(command, { format: { takes: 'value' } }, rest);
      return `${render(required(command, parsed, 'format'), inspectVolume(inventory, oneArgument(command, parsed.rest)))}\n`;
    }
    case 'volume ls': {
      const parsed = parseArguments(command, { quiet: { takes: 'nothing' }, filter: { takes: 'values' } }, rest);
      noArguments(command, parsed.rest);
      required(command, parsed, 'quiet');
      const wanted = labelFilter(parsed.flags.filter!);
      const found = Object.entries(inventory.volumes).filter(([, { labels }]) => wanted(labels));
      return found.map(([name]) => `${name}\n`).join('');
    }
    case 'volume create': {
      const parsed = parseArguments(command, { label: { takes: 'values', check: labelProblem } }, rest);
      const name = oneArgument(command, parsed.rest);
      if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
        throw new Failure(
          1,
          `Error response from daemon: create ${name}: "${name}" includes invalid characters for a local volume name`,
        );
      // As Docker: one that exists is left as it is, and its name answered all the same.
      const labels = Object.fromEntries(
        parsed.flags.label!.map((label) => [label.split('=')[0]!, label.split('=').slice(1).join('=')]),
      );
      if (!Object.hasOwn(inventory.volumes, name)) createVolume(directory, name, labels);
      return `${name}\n`;
    }
    case 'ps': {
      const flags = {
        all: { takes: 'nothing' },
        quiet: { takes: 'nothing' },
        'no-trunc': { takes: 'nothing' },
        filter: { takes: 'values' },
      } as const;
      const parsed = parseArguments(command, flags, rest);
      noArguments(command, parsed.rest);
      for (const flag of ['all', 'quiet', 'no-trunc']) required(command, parsed, flag);
      const wanted = labelFilter(parsed.flags.filter!);
      return inventory.containers
        .filter(({ labels }) => wanted(labels))
        .map(({ id }) => `${id}\n`)
        .join('');
    }
    case 'exec':
      return (await import('./exec.ts')).exec(inventory, directory, rest);
    case 'run':
      return (await import('./run.ts')).run(inventory, directory, rest);
    case 'compose':
      return (await import('./compose.ts')).compose(inventory, directory, rest);
    case 'stop':
      return (await import('./switch.ts')).stop(inventory, directory, rest);
    case 'start':
      return (await import('./switch.ts')).start(inventory, directory, rest);
    case 'rm':
      return (await import('./remove.ts')).remove(inventory, directory, rest);
    default:
      throw new Failure(125, `docker: unknown command: docker ${command}`);
  }
}

function oneArgument(command: string, words: string[]): string {
  if (words.length !== 1)
    throw new Failure(words.length === 0 ? 1 : 125, `docker: 'docker ${command}' requires exactly 1 argument here`);
  return words[0]!;
}

function noArguments(command: string, words: string[]): void {
  if (words.length > 0) throw new Failure(1, `docker: 'docker ${command}' accepts no arguments`);
}
