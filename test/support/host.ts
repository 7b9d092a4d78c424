import { createDockerHost } from './docker-host.ts';
import { createEmbeddedHost } from './embedded-host.ts';
import { postgresMajor } from './postgres-binaries.ts';
import { currentRun } from './run-folder.ts';
import type { TestHost } from './test-host.ts';

/**
 * A Docker host for one test file; remove it at the end. Which kind and which PostgreSQL is decided outside the tests:
 * SUITE_BACKUP_TEST_HOST=embedded|docker, SUITE_BACKUP_TEST_POSTGRES=15|17.
 */
export async function createHost(): Promise<TestHost> {
  const run = await currentRun();
  const kind = process.env.SUITE_BACKUP_TEST_HOST ?? 'embedded';
  if (kind === 'docker') return createDockerHost(run, postgresMajor());
  if (kind === 'embedded') return createEmbeddedHost(run, postgresMajor());
  throw new Error(`SUITE_BACKUP_TEST_HOST is ${kind}; it must be embedded or docker`);
}
