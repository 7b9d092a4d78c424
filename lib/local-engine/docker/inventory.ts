import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTime } from '../process-identity.ts';
import { createdVolumes, isNow } from './changes.ts';
import { Failure } from './failure.ts';
import type { DeclaredVolume, HostFile } from './host-file.ts';
import { stableId } from './stable-id.ts';
import type { Value } from './template.ts';

/** What `docker run` writes down once, and never changes, about a container: `containers/<name>/config.json`. */
export interface StartedContainer {
  id: string;
  name: string;
  image: string;
  imageId: string;
  labels: Record<string, string>;
  environment: Record<string, string>;
  user: string | null;
  binds: { path: string; readOnly: boolean }[];
  createdAt: string;
}

/** A container, declared in the host file or started by `run`, as every subcommand sees it. */
export interface Container {
  declared: boolean;
  id: string;
  name: string;
  image: string;
  imageId: string;
  labels: Record<string, string>;
  environment: Record<string, string>;
  /** Variables that only processes inside see: they are no part of what `inspect` shows. */
  reach: Record<string, string>;
  binaries: string | null;
  root: string | null;
  mounts: { Type: 'volume' | 'bind'; Name: string; Source: string; Destination: string; RW: boolean }[];
  user: string | null;
  status: 'created' | 'running' | 'exited';
  exitCode: number;
  pid: number;
  createdAt: string;
}

export interface Image {
  id: string;
  tag: string;
  digests: string[];
}

/** Everything there is on the host, read anew by every call: the host file and the folder of the started containers. */
export interface Inventory {
  containers: Container[];
  images: Image[];
  /** Declared ones, and those that `volume create` made. */
  volumes: Record<string, DeclaredVolume>;
  host: HostFile;
}

export function readInventory(host: HostFile, directory: string): Inventory {
  const images = Object.values(host.containers).map((each) => image(each.image, each.imageDigest));
  const there = Object.entries(host.containers).filter(([name, each]) => isNow(directory, name, 'created', each));
  const declared = there.map(([name, each]): Container => {
    const postgres = each.postgres;
    return {
      declared: true,
      id: stableId(`container ${name}`),
      name,
      image: each.image,
      imageId: image(each.image, each.imageDigest).id,
      labels: each.labels,
      environment: each.environment,
      reach: postgres ? { PGHOST: postgres.host, PGPORT: String(postgres.port) } : {},
      binaries: postgres?.binaries ?? null,
      root: each.root,
      mounts: Object.entries(each.mounts).map(([Destination, Name]) => ({
        Type: 'volume',
        Name,
        Source: host.volumes[Name]!.folder,
        Destination,
        RW: true,
      })),
      user: null,
      status: isNow(directory, name, 'running', each) ? 'running' : 'exited',
      exitCode: 0,
      pid: 0,
      createdAt: '',
    };
  });
  const started = startedContainers(directory, host);
  const volumes = { ...createdVolumes(directory), ...host.volumes };
  // As `docker ps`: the newest first.
  return { containers: [...started.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)), ...declared], images, volumes, host };
}

/** The folder of one started container. */
export function containerFolder(directory: string, name: string): string {
  return join(directory, 'containers', name);
}

function startedContainers(directory: string, host: HostFile): Container[] {
  let names: string[] = [];
  try {
    names = readdirSync(join(directory, 'containers')).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return names.flatMap((name) => {
    let config: StartedContainer;
    try {
      config = JSON.parse(readFileSync(join(containerFolder(directory, name), 'config.json'), 'utf8'));
    } catch (error) {
      // Another call is just making or removing it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const sibling = Object.values(host.containers).find((each) => image(each.image, each.imageDigest).id === config.imageId);
    return {
      ...config,
      ...readState(join(containerFolder(directory, name), 'state')),
      declared: false,
      reach: {},
      binaries: sibling?.postgres?.binaries ?? null,
      root: null,
      mounts: config.binds.map((bind) => ({
        Type: 'bind',
        Name: '',
        Source: bind.path,
        Destination: bind.path,
        RW: !bind.readOnly,
      })),
    };
  });
}

/** Reads what the supervisor last wrote: `running PID START-TIME` or `exited CODE`; no file yet is `created`. */
function readState(file: string): Pick<Container, 'status' | 'exitCode' | 'pid'> {
  let words: string[];
  try {
    words = readFileSync(file, 'utf8').trim().split(' ');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { status: 'created', exitCode: 0, pid: 0 };
    throw error;
  }
  if (words[0] === 'exited') return { status: 'exited', exitCode: Number(words[1]), pid: 0 };
  // A supervisor that was killed could not write the end down.
  if (startTime(Number(words[1])) !== words[2]) return { status: 'exited', exitCode: 137, pid: 0 };
  return { status: 'running', exitCode: 0, pid: Number(words[1]) };
}

/** Finds a container by its name, its id or the beginning of its id. */
export function findContainer(inventory: Inventory, reference: string): Container {
  if (reference === '') throw new Failure(1, 'invalid container name or ID: value is empty');
  const { containers } = inventory;
  const exact = containers.find(({ name, id }) => name === reference || id === reference);
  if (exact) return exact;
  const [found, second] = containers.filter(({ id }) => id.startsWith(reference));
  if (second) throw new Failure(1, `Error response from daemon: Multiple IDs found with provided prefix: ${reference}`);
  if (!found) throw new Failure(1, `Error response from daemon: No such container: ${reference}`);
  return found;
}

/** Finds an image by its name (with or without tag), its id (or the beginning of it), or its digest; null when there is none. */
export function findImage(inventory: Inventory, reference: string): Image | null {
  const hex = reference.replace(/^sha256:/, '');
  return (
    inventory.images.find(({ tag, digests }) => tag === withTag(reference) || digests.includes(reference)) ??
    inventory.images.find(({ id }) => /^[0-9a-f]{5,}$/.test(hex) && id.startsWith(`sha256:${hex}`)) ??
    null
  );
}

function image(name: string, digest: string | null): Image {
  const tag = withTag(name);
  const id = digest ?? `sha256:${stableId(`image ${tag}`)}`;
  return { id, tag, digests: digest === null ? [] : [`${tag.slice(0, tag.lastIndexOf(':'))}@${digest}`] };
}

function withTag(name: string): string {
  return name.includes('@') || name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
}

/** The container as `docker inspect` gives it. */
export function inspectContainer(container: Container): Value {
  return {
    Id: container.id,
    Created: container.createdAt,
    State: {
      Status: container.status,
      Running: container.status === 'running',
      Pid: container.pid,
      ExitCode: container.exitCode,
    },
    Image: container.imageId,
    Name: `/${container.name}`,
    GraphDriver: { Data: new Map([['MergedDir', container.root ?? '']]) },
    Mounts: container.mounts.map((mount) => ({ ...mount })),
    Config: {
      User: container.user ?? '',
      Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
      Image: container.image,
      Labels: sorted(container.labels),
    },
  };
}

/** The image as `docker image inspect` gives it. */
export function inspectImage({ id, tag, digests }: Image): Value {
  return { Id: id, RepoTags: [tag], RepoDigests: digests };
}

/** The volume as `docker volume inspect` gives it. */
export function inspectVolume(inventory: Inventory, name: string): Value {
  const volume = Object.hasOwn(inventory.volumes, name) ? inventory.volumes[name] : undefined;
  if (!volume) throw new Failure(1, `Error response from daemon: get ${name}: no such volume`);
  return { Name: name, Driver: 'local', Mountpoint: volume.folder, Labels: sorted(volume.labels) };
}

function sorted(labels: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads `label=KEY` and `label=KEY=VALUE`; what they all ask for, a thing's labels must have. */
export function labelFilter(filters: string[]): (labels: Record<string, string>) => boolean {
  const wanted = filters.map((filter) => {
    const [, key, value] = /^label=([^=]+)(?:=(.*))?$/s.exec(filter) ?? [];
    if (key === undefined)
      throw new Failure(125, `docker: only filters of the form label=KEY or label=KEY=VALUE are supported, not ${filter}`);
    return { key, value };
  });
  return (labels) =>
    wanted.every(({ key, value }) => Object.hasOwn(labels, key) && (value === undefined || labels[key] === value));
}
