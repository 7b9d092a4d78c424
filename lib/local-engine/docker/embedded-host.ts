import { resolve } from 'node:path';
import type { HostOptions } from '../host-options.ts';
import { startTime } from '../process-identity.ts';
import { readHostFile } from './host-file.ts';
import { uploadTool } from './upload-tool.ts';
import { writeWrapper } from './wrapper.ts';

/**
 * Makes the host of a host file: checks the file (throws a HostFileError with all problems at once) and writes `docker`, and where it is needed `aws`,
 * into `directory`/bin. Started containers end with the calling process. The file is read anew by every `docker` call.
 */
export function embeddedHost(hostFile: string, directory: string): Pick<HostOptions, 'path' | 'environment'> {
  const file = resolve(hostFile);
  const home = resolve(directory);
  readHostFile(file);
  const docker = resolve(import.meta.dirname, 'docker.ts');
  const folder = writeWrapper(home, 'docker', [docker, file, home]);
  return {
    path: [...new Set([folder, ...uploadTool(home).path])],
    environment: { LOCAL_ENGINE_PROCESS: `${process.pid}:${startTime(process.pid)}` },
  };
}
