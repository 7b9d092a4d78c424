import { existsSync, readFileSync } from 'node:fs';

/** A container that the host file declares: it runs (or does not) without us, we only know how to reach what is in it. */
export interface DeclaredContainer {
  /** False: only described; `docker compose up` of its project makes it. */
  created: boolean;
  running: boolean;
  image: string;
  /** `sha256:…`, or null where the file gives none. */
  imageDigest: string | null;
  labels: Record<string, string>;
  environment: Record<string, string>;
  /** The folder that stands for the container's file system, or null. */
  root: string | null;
  /** Path in the container to volume name. */
  mounts: Record<string, string>;
  postgres: { host: string; port: number; binaries: string | null } | null;
}

export interface DeclaredVolume {
  folder: string;
  labels: Record<string, string>;
}

export interface HostFile {
  containers: Record<string, DeclaredContainer>;
  volumes: Record<string, DeclaredVolume>;
}

/** One thing that is wrong with a host file. `path` is where (`containers.db.postgres.port`), `value` what stands there. */
export interface HostFileProblem {
  path: string;
  value: unknown;
  message: string;
}

/** A host file that cannot be used, with everything that is wrong with it. */
export class HostFileError extends Error {
  readonly problems: HostFileProblem[];

  constructor(file: string, problems: HostFileProblem[]) {
    const lines = problems.map(
      ({ path, value, message }) =>
        `  ${path || '(file)'}: ${message}${value === undefined ? '' : `, not ${JSON.stringify(value)}`}`,
    );
    super(`${file} is no usable host file:\n${lines.join('\n')}`);
    this.name = 'HostFileError';
    this.problems = problems;
  }
}

const containerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
// bash exports a container's variables; these it keeps for itself, and other names it cannot hold.
const variableName = /^(?!(?:BASHOPTS|BASH_VERSINFO|EUID|PPID|SHELLOPTS|UID)$)[A-Za-z_][A-Za-z0-9_]*$/;

/** What is wrong with the name of an environment variable, or null. */
export function variableNameProblem(name: string): string | null {
  return variableName.test(name) ? null : `invalid environment variable name: ${name}`;
}

/** Reads and checks a host file. Throws a HostFileError with all problems at once. */
export function readHostFile(file: string): HostFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new HostFileError(file, [{ path: '', value: undefined, message: `cannot be read: ${(error as Error).message}` }]);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new HostFileError(file, [{ path: '', value: undefined, message: `is not JSON: ${(error as Error).message}` }]);
  }
  const check = new Check();
  const host = hostFile(check, content);
  if (check.problems.length > 0) throw new HostFileError(file, check.problems);
  return host;
}

/** Collects problems; every method answers a usable value even when it notes one, so that one pass finds them all. */
class Check {
  readonly problems: HostFileProblem[] = [];

  problem(path: string, value: unknown, message: string): void {
    this.problems.push({ path, value, message });
  }

  object(path: string, value: unknown, known?: string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.problem(path, value, 'must be an object');
      return {};
    }
    for (const key of Object.keys(value)) {
      if (known && !known.includes(key))
        this.problem(
          `${path ? `${path}.` : ''}${key}`,
          (value as Record<string, unknown>)[key],
          `is not known (known: ${known.join(', ')})`,
        );
    }
    return value as Record<string, unknown>;
  }

  text(path: string, value: unknown, what: string, good: (text: string) => boolean = (text) => text !== ''): string {
    if (typeof value === 'string' && good(value) && !value.includes('\0')) return value;
    this.problem(path, value, `must be ${what}`);
    return '';
  }

  folder(path: string, value: unknown): string {
    return this.text(path, value, 'an absolute path', (text) => text.startsWith('/'));
  }

  /** A folder that is not there would be passed over on PATH in silence, and other programs of the same names be taken. */
  programs(path: string, value: unknown): string {
    return this.text(
      path,
      value,
      'the absolute path of a folder that exists',
      (text) => text.startsWith('/') && existsSync(text),
    );
  }

  texts(path: string, value: unknown): Record<string, string> {
    if (value === undefined) return {};
    return Object.fromEntries(
      Object.entries(this.object(path, value)).map(([key, item]) => [
        key,
        this.text(`${path}.${key}`, item, 'a string', () => true),
      ]),
    );
  }
}

function hostFile(check: Check, content: unknown): HostFile {
  const top = check.object('', content, ['schema', 'containers', 'volumes']);
  // The first word is the product's name, which this engine does not know.
  check.text('schema', top.schema, 'a version 1 host schema (….host.v1)', (text) => /^[a-z][a-z-]*\.host\.v1$/.test(text));
  const volumes = Object.fromEntries(
    Object.entries(top.volumes === undefined ? {} : check.object('volumes', top.volumes)).map(([name, value]) => [
      name,
      volume(check, name, value),
    ]),
  );
  const containers = Object.fromEntries(
    Object.entries(top.containers === undefined ? {} : check.object('containers', top.containers)).map(([name, value]) => [
      name,
      container(check, name, value, volumes),
    ]),
  );
  const digests = new Map<string, string>();
  for (const [name, { image, imageDigest }] of Object.entries(containers)) {
    if (imageDigest === null) continue;
    if ((digests.get(image) ?? imageDigest) !== imageDigest) {
      check.problem(`containers.${name}.imageDigest`, imageDigest, `must be the same wherever the image is ${image}`);
    }
    digests.set(image, imageDigest);
  }
  for (const each of Object.values(containers)) each.imageDigest ??= digests.get(each.image) ?? null;
  return { containers, volumes };
}

function volume(check: Check, name: string, value: unknown): DeclaredVolume {
  const path = `volumes.${name}`;
  if (!containerName.test(name)) check.problem(path, name, 'must have a name of letters, digits, _ . -');
  if (typeof value === 'string') return { folder: check.folder(path, value), labels: {} };
  const object = check.object(path, value, ['folder', 'labels']);
  return { folder: check.folder(`${path}.folder`, object.folder), labels: check.texts(`${path}.labels`, object.labels) };
}

function container(check: Check, name: string, value: unknown, volumes: Record<string, DeclaredVolume>): DeclaredContainer {
  const path = `containers.${name}`;
  if (!containerName.test(name)) check.problem(path, name, 'must have a name of letters, digits, _ . -');
  const object = check.object(path, value, [
    'created',
    'running',
    'image',
    'imageDigest',
    'labels',
    'environment',
    'root',
    'mounts',
    'postgres',
  ]);
  for (const flag of ['created', 'running'] as const) {
    if (object[flag] !== undefined && typeof object[flag] !== 'boolean')
      check.problem(`${path}.${flag}`, object[flag], 'must be true or false');
  }
  if (object.postgres === undefined && object.root === undefined)
    check.problem(path, undefined, 'must have postgres (for databases) or root (for paths)');
  const environment = check.texts(`${path}.environment`, object.environment);
  for (const variable of Object.keys(environment)) {
    const problem = variableNameProblem(variable);
    if (problem !== null) check.problem(`${path}.environment.${variable}`, variable, problem);
  }
  const mounts = check.texts(`${path}.mounts`, object.mounts);
  for (const [inside, volumeName] of Object.entries(mounts)) {
    if (!inside.startsWith('/')) check.problem(`${path}.mounts.${inside}`, inside, 'must be mounted at an absolute path');
    if (!Object.hasOwn(volumes, volumeName))
      check.problem(`${path}.mounts.${inside}`, volumeName, 'must name one of the volumes');
  }
  return {
    created: object.created !== false,
    running: object.running !== false,
    image:
      object.image === undefined
        ? `${name}:latest`
        : check.text(`${path}.image`, object.image, 'an image name', (text) => /^[a-z0-9][a-z0-9._/:-]*$/.test(text)),
    imageDigest:
      object.imageDigest === undefined
        ? null
        : check.text(`${path}.imageDigest`, object.imageDigest, 'sha256: and hexadecimal digits', (text) =>
            /^sha256:[0-9a-f]+$/.test(text),
          ),
    labels: check.texts(`${path}.labels`, object.labels),
    environment,
    root: object.root === undefined ? null : check.folder(`${path}.root`, object.root),
    mounts,
    postgres: object.postgres === undefined ? null : postgres(check, `${path}.postgres`, object.postgres),
  };
}

function postgres(check: Check, path: string, value: unknown): { host: string; port: number; binaries: string | null } {
  const object = check.object(path, value, ['host', 'port', 'binaries']);
  const port = object.port ?? 5432;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
    check.problem(`${path}.port`, port, 'must be a port number');
  return {
    host: object.host === undefined ? '127.0.0.1' : check.text(`${path}.host`, object.host, 'an address or a socket folder'),
    port: Number(port),
    binaries: object.binaries === undefined ? null : check.programs(`${path}.binaries`, object.binaries),
  };
}
