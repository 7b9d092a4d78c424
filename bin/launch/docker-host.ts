import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { embeddedHost } from '../../lib/local-engine/docker/embedded-host.ts';
import { HostFileError } from '../../lib/local-engine/docker/host-file.ts';
import { uploadTool } from '../../lib/local-engine/docker/upload-tool.ts';
import type { HostOptions } from '../../lib/local-engine/host-options.ts';
import { LaunchError } from './launch-error.ts';

export type HostEnvironment = Pick<HostOptions, 'path' | 'environment'>;

const INSTALL = 'apt-get install -y docker.io (or apt-get install -y postgresql, and describe the suite in a host file)';
/** A Docker engine that is there answers within milliseconds, a remote one within seconds; one on a busy machine, too, must not count as none. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * The host whose containers and volumes are protected: what `--host` names, else `<home>/host.json`, else the Docker engine.
 * @throws LaunchError NoHost, HostInvalid
 */
export async function dockerHost(host: string | undefined, home: string, cwd: string): Promise<HostEnvironment> {
  if (host !== undefined && host !== 'docker') return embedded(resolve(cwd, host), home);
  const declared = join(home, 'host.json');
  if (host === undefined && existsSync(declared)) return embedded(declared, home);
  await askDocker();
  return { path: uploadTool(home).path, environment: dockerVariables() };
}

function embedded(file: string, home: string): HostEnvironment {
  try {
    return embeddedHost(file, home);
  } catch (error) {
    if (!(error instanceof HostFileError)) throw error;
    const { problems } = error;
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    throw new LaunchError('HostInvalid', `${file} is no usable host file: it has ${count}.`, problems);
  }
}

/** Which engine the caller's docker talks to; the commands of the host must talk to the same. */
function dockerVariables(): Record<string, string> {
  const names = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

async function askDocker(): Promise<void> {
  const answer = await new Promise<string | null>((done) => {
    const child = spawn('docker', ['version'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: ANSWER_WITHIN_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('error', () => done('there is no docker command'));
    child.once('close', (code) => done(code === 0 ? null : said.trim() || 'docker does not answer'));
  });
  if (answer === null) return;
  throw new LaunchError('NoHost', `No Docker engine answers (${answer}). Install one: ${INSTALL}`);
}
