import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { labelProblem, oneOf, parseArguments, required } from './arguments.ts';
import { environmentFlag, environmentFrom, findProgram, insideEnvironment, systemPath } from './environment.ts';
import { Failure } from './failure.ts';
import { containerFolder, findContainer, findImage, type Inventory, readInventory, type StartedContainer } from './inventory.ts';
import { type ProcessUser, processUser } from './user.ts';

const size = (value: string) => (/^[0-9]+(\.[0-9]+)?([kmgt]?i?b?)?$/i.test(value) ? null : 'invalid size');
const bind = (value: string) => {
  const [source = '', target, mode, more] = value.split(':');
  if (!source.startsWith('/') || target !== source) return 'only a bind mount of an absolute path to the same path is supported';
  return more !== undefined || (mode !== undefined && mode !== 'ro') ? 'only the mode ro is supported' : null;
};
const flagsOfRun = {
  detach: { takes: 'nothing' },
  name: {
    takes: 'value',
    check: (value: string) => (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value) ? null : 'invalid container name'),
  },
  label: { takes: 'values', check: labelProblem },
  network: { takes: 'value', check: oneOf('none', 'host') },
  'shm-size': { takes: 'value', check: size },
  memory: { takes: 'value', check: size },
  'log-driver': { takes: 'value', check: oneOf('none') },
  user: { takes: 'value' },
  volume: { takes: 'values', check: bind },
  env: environmentFlag,
  entrypoint: { takes: 'value' },
} as const;

/**
 * `docker run --detach`: starts the command as a daemon of this machine below supervise-container.sh and answers its id. Network, sizes and the
 * log driver are checked but have no effect: the process shares the machine's network and memory, and its output is thrown away.
 */
export async function run(inventory: Inventory, directory: string, words: string[]): Promise<string> {
  const parsed = parseArguments('run', flagsOfRun, words, true);
  required('run', parsed, 'detach');
  const name = required('run', parsed, 'name');
  const entrypoint = required('run', parsed, 'entrypoint');
  const [reference, ...args] = parsed.rest;
  if (reference === undefined) throw new Failure(1, "docker: 'docker run' requires at least 1 argument");
  const engine = process.env.LOCAL_ENGINE_PROCESS;
  if (!/^[0-9]+:[0-9]+$/.test(engine ?? ''))
    throw new Failure(125, 'docker: LOCAL_ENGINE_PROCESS must name the process that the container ends with');
  const image = findImage(inventory, reference);
  if (!image) {
    const problem = `docker: Error response from daemon: no image ${reference} is declared, and nothing is pulled here`;
    throw new Failure(125, `Unable to find image '${reference}' locally\n${problem}`);
  }
  const { flags } = parsed;
  const config: StartedContainer = {
    id: randomBytes(32).toString('hex'),
    name,
    image: reference,
    imageId: image.id,
    labels: Object.fromEntries(flags.label!.map((label) => [label.split('=')[0]!, label.split('=').slice(1).join('=')])),
    environment: environmentFrom(flags.env!),
    user: flags.user![0] ?? null,
    binds: flags.volume!.map((value) => ({ path: value.split(':')[0]!, readOnly: value.endsWith(':ro') })),
    createdAt: new Date().toISOString(),
  };
  const user = userOf(config);
  for (const { path } of config.binds) mkdirSync(path, { recursive: true }); // as Docker does
  reserveName(inventory, directory, config);

  const container = findContainer(readInventory(inventory.host, directory), config.id);
  const inside = insideEnvironment(container, directory, user.home, []);
  const missing = findProgram(entrypoint, inside.PATH!, '/');
  if (missing !== null) {
    const problem = `failed to create task: unable to start container process: exec: ${JSON.stringify(entrypoint)}: ${missing}`;
    throw new Failure(missing === 'permission denied' ? 126 : 127, `docker: Error response from daemon: ${problem}: unknown`);
  }
  const variables = Object.entries(inside).map(([variable, value]) => `${variable}=${value}`);
  const parts = ['/', String(variables.length), ...variables, ...user.prefix, entrypoint, ...args];
  const folder = containerFolder(directory, name);
  writeFileSync(join(folder, 'spec'), `${parts.join('\0')}\0`, { mode: 0o600 });
  const supervisor = spawn(
    'bash',
    [join(import.meta.dirname, 'supervise-container.sh'), folder, engine!, config.id.slice(0, 12)],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: systemPath(process.env.PATH, directory) },
    },
  );
  supervisor.unref();
  // It closes its stdout when the process is started and written down.
  if ((await text(supervisor.stdout)) !== 'started\n')
    throw new Failure(125, 'docker: the supervisor of the container could not start it');
  return `${config.id}\n`;
}

function userOf({ user }: StartedContainer): ProcessUser {
  try {
    return processUser(user, { uid: process.getuid!(), home: homedir() });
  } catch (error) {
    throw error instanceof Failure ? new Failure(125, `docker: Error response from daemon: ${error.message}`) : error;
  }
}

/** Makes the container's folder, whole, in one rename; a name that is taken is refused by the file system itself. */
function reserveName(inventory: Inventory, directory: string, config: StartedContainer): void {
  const conflict = (id: string) =>
    new Failure(
      125,
      `docker: Error response from daemon: Conflict. The container name "/${config.name}" is already in use by container "${id}".`,
    );
  const taken = inventory.containers.find(({ name }) => name === config.name);
  if (taken) throw conflict(taken.id);
  mkdirSync(join(directory, 'containers'), { recursive: true, mode: 0o700 });
  const draft = mkdtempSync(join(directory, 'containers', '.new-'));
  writeFileSync(join(draft, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  try {
    renameSync(draft, containerFolder(directory, config.name));
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw conflict('another one that was just started');
    throw error;
  }
}
