import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredContainer, DeclaredVolume } from './host-file.ts';

/**
 * What calls have changed of the things that the host file declares: a container that was made, stopped or started, a volume that was created.
 * Lies in the engine's folder, since the host file is its writer's own.
 */

interface Switched {
  now: boolean;
  /** What the host file said then: once it says something else, that is the newer word. */
  declared: boolean;
}

const switchFile = (directory: string, name: string, what: 'created' | 'running') =>
  join(directory, 'switched', `${name}.${what}.json`);

/** Whether a declared container is there, or runs. */
export function isNow(directory: string, name: string, what: 'created' | 'running', container: DeclaredContainer): boolean {
  const switched = readJson<Switched>(switchFile(directory, name, what));
  return switched?.declared === container[what] ? switched.now : container[what];
}

export function switchContainer(
  directory: string,
  name: string,
  what: 'created' | 'running',
  now: boolean,
  { [what]: declared }: DeclaredContainer,
): void {
  mkdirSync(join(directory, 'switched'), { recursive: true, mode: 0o700 });
  writeJson(switchFile(directory, name, what), { now, declared } satisfies Switched);
}

/** Volumes that calls have created, by name. */
export function createdVolumes(directory: string): Record<string, DeclaredVolume> {
  let names: string[] = [];
  try {
    names = readdirSync(join(directory, 'volumes'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return Object.fromEntries(
    names.flatMap((name) => {
      const labels = readJson<Record<string, string>>(join(directory, 'volumes', name, 'labels.json'));
      return labels === null ? [] : [[name, { folder: join(directory, 'volumes', name, 'data'), labels }]];
    }),
  );
}

export function createVolume(directory: string, name: string, labels: Record<string, string>): void {
  // Only the user that a container's process runs as needs to get in, as in Docker's own folder.
  mkdirSync(join(directory, 'volumes', name, 'data'), { recursive: true });
  writeJson(join(directory, 'volumes', name, 'labels.json'), labels);
}

function readJson<Value>(file: string): Value | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(value));
  renameSync(draft, file);
}
