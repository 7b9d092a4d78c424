import { ProgramFailed, run } from './run.ts';
import type { Stage, Trees } from './stage.ts';

const CANDIDATES = [
  'postgres:17',
  'postgres:16',
  'postgres:15',
  'postgres:latest',
  'suite-backup-test/postgres:17',
  'suite-backup-test/postgres:15',
];
const NAME = 'suite-backup-demo';
const READY_MILLISECONDS = 60_000;

/** The demo's suite as a container and a volume of a real Docker engine. */
export class DockerStage implements Stage {
  readonly description: string;
  readonly container = NAME;
  readonly volume = `${NAME}-uploads`;
  readonly host = 'docker';

  private constructor(image: string) {
    this.description = `Docker, image ${image}`;
  }

  /** An image that is here or can be pulled; undefined when Docker does not answer or there is none to be had. */
  static async image(say: (line: string) => void): Promise<string | undefined> {
    try {
      await run('docker', ['version', '--format', '{{.Server.Version}}']);
    } catch {
      return undefined;
    }
    const present = (await run('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'])).split('\n');
    const found = CANDIDATES.find((image) => present.includes(image));
    if (found) return found;
    say(`Docker answers but has no PostgreSQL image; pulling ${CANDIDATES[0]}`);
    try {
      await run('timeout', ['120', 'docker', 'pull', '--quiet', CANDIDATES[0]!]);
      return CANDIDATES[0];
    } catch {
      say('It cannot be pulled; going on with the PostgreSQL that is installed here.');
      return undefined;
    }
  }

  static async open(image: string, trees: Trees): Promise<DockerStage> {
    const stage = new DockerStage(image);
    await stage.remove();
    await run('docker', ['volume', 'create', stage.volume]);
    const mounts = ['--volume', `${stage.volume}:/app/uploads`];
    const server = ['--env', 'POSTGRES_PASSWORD=only-for-the-demo', '--network', 'none', '--shm-size', '256m'];
    await run('docker', ['run', '--detach', '--name', NAME, ...mounts, ...server, image]);
    await run('docker', ['cp', `${trees.uploads}/.`, `${NAME}:/app/uploads`]);
    await run('docker', ['cp', `${trees.app}/.`, `${NAME}:/app`]);
    const deadline = Date.now() + READY_MILLISECONDS;
    while (!(await stage.answers())) {
      if (Date.now() > deadline) throw new ProgramFailed(`The database in ${NAME} did not answer within a minute.`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return stage;
  }

  sql(database: string, text: string): Promise<string> {
    const psql = ['psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', database];
    return run('docker', ['exec', '--interactive', NAME, ...psql], { input: text });
  }

  async deleteUploads(folders: readonly string[]): Promise<void> {
    await run('docker', ['exec', NAME, 'rm', '-r', ...folders.map((folder) => `/app/uploads/${folder}`)]);
  }

  async remove(): Promise<void> {
    await run('docker', ['rm', '--force', '--volumes', NAME]).catch(() => '');
    await run('docker', ['volume', 'rm', '--force', this.volume]).catch(() => '');
  }

  /** Over TCP: the image's first, temporary server listens on its socket only. */
  private answers(): Promise<boolean> {
    return run('docker', ['exec', NAME, 'pg_isready', '-h', '127.0.0.1', '-q']).then(
      () => true,
      () => false,
    );
  }
}
