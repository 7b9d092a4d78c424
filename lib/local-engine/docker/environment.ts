import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Flag } from './arguments.ts';
import { variableNameProblem } from './host-file.ts';
import type { Container } from './inventory.ts';

/** `--env NAME=VALUE`, or `--env NAME` for the caller's own value (left out when the caller has none), as Docker's. */
export const environmentFlag: Flag = {
  takes: 'values',
  check: (value) => variableNameProblem(value.split('=')[0]!),
};

/** The variables that `--env` flags ask for. */
export function environmentFrom(flags: string[]): Record<string, string> {
  return Object.fromEntries(
    flags.flatMap((flag) => {
      const equals = flag.indexOf('=');
      if (equals >= 0) return [[flag.slice(0, equals), flag.slice(equals + 1)]];
      return process.env[flag] === undefined ? [] : [[flag, process.env[flag]]];
    }),
  );
}

/** All variables of a process in a container. Nothing of the caller's environment is in it but PATH and TMPDIR: there is no other /tmp here. */
export function insideEnvironment(
  container: Container,
  directory: string,
  home: string,
  flags: string[],
): Record<string, string> {
  const given = { ...container.reach, ...container.environment, ...environmentFrom(flags) };
  const path = given.PATH ?? systemPath(process.env.PATH, directory);
  return {
    HOSTNAME: container.id.slice(0, 12),
    HOME: home,
    ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
    ...given,
    PATH: container.binaries === null ? path : `${container.binaries}:${path}`,
  };
}

/** PATH without the folder of our own wrappers: there is no docker in a container. */
export function systemPath(path: string | undefined, directory: string): string {
  const folders = (path || '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin').split(':');
  return folders.filter((folder) => resolve(folder) !== resolve(directory, 'bin')).join(':');
}

/** Why a command cannot be started, in Docker's words, or null when it can. */
export function findProgram(command: string, path: string, folder: string): string | null {
  const candidates = command.includes('/') ? [resolve(folder, command)] : path.split(':').map((each) => join(each, command));
  let reason = command.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH';
  for (const candidate of command === '' ? [] : candidates) {
    try {
      if (!statSync(candidate).isFile()) throw new Error('a folder');
      accessSync(candidate, constants.X_OK);
      return null;
    } catch (error) {
      if (command.includes('/') && (error as NodeJS.ErrnoException).code !== 'ENOENT') reason = 'permission denied';
    }
  }
  return reason;
}
