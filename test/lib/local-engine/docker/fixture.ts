import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedHost } from '../../../../lib/local-engine/docker/embedded-host.ts';
import type { Subject } from './contract.ts';

export const binaries = '/usr/lib/postgresql/15/bin';

/** The content of a host file with what the contract asks for. */
export function contractHost(folder: string) {
  return {
    schema: 'suite-backup.host.v1',
    containers: {
      main: {
        image: 'local/postgres:15',
        imageDigest: `sha256:${'ab'.repeat(32)}`,
        labels: { 'contract.role': 'main', 'contract.part': 'one' },
        environment: { GREETING: 'hello world' },
        root: folder,
        mounts: { '/app/uploads': 'uploads' },
        postgres: { host: folder, port: 5433, binaries },
      },
      stopped: { running: false, image: 'local/postgres:15', root: folder, labels: { 'contract.role': 'main' } },
    },
    volumes: { uploads: { folder: join(folder, 'uploads'), labels: { 'contract.kind': 'data' } } },
  };
}

/** An embedded host in a temporary folder, made of a host file; `remove` ends what runs there and deletes it. */
export function embedded(host: (folder: string) => unknown = contractHost) {
  const folder = mkdtempSync(join(tmpdir(), 'docker-'));
  const file = join(folder, 'host.json');
  writeFileSync(file, JSON.stringify(host(folder)));
  mkdirSync(join(folder, 'uploads'));
  const { path, environment } = embeddedHost(file, join(folder, 'state'));
  const subject: Subject = {
    docker: join(path[0]!, 'docker'),
    environment: { PATH: [...path, process.env.PATH ?? ''].join(':'), HOME: folder, ...environment },
    container: 'main',
    stopped: 'stopped',
    image: 'local/postgres:15',
    volume: 'uploads',
    folder,
  };
  return { subject, folder, file, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Which of some processes are alive; one that only waits to be noticed (a zombie) is not. */
export function alive(pids: number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  });
}
