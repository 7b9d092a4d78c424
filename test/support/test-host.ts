import type { Login } from './login.ts';
import type { ToolReplacement } from './replaced-tools.ts';
import type { Tree } from './tree.ts';

/** A folder that a test fills; `folder` is where this machine sees it. */
export interface Folder {
  readonly folder: string;
  /** Writes over what is there. */
  write(tree: Tree): Promise<void>;
  /** Takes a file or folder away, which may be missing. */
  delete(path: string): Promise<void>;
}

export interface Volume extends Folder {
  /** What the suite file calls it. */
  readonly name: string;
  remove(): Promise<void>;
}

export interface ContainerOptions {
  files?: Tree;
  /** Path in the container to a volume's name. */
  mounts?: Record<string, string>;
  environment?: Record<string, string>;
  labels?: Record<string, string>;
}

/** A container whose `folder` is its root; only while it runs. */
export interface Container extends Folder {
  /** What the suite file calls it. */
  readonly container: string;
  /** Tools inside the container. Only while it runs. */
  readonly binaries: ToolReplacement;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Whatever puts it into a command line or a connection string unquoted fails. */
export const DEFAULT_PASSWORD = 'pa ss\'"$word';

export interface PostgresOptions extends ContainerOptions {
  /** The first superuser, `postgres` unless given. */
  user?: string;
  password?: string;
  /** Created beside `postgres`. */
  databases?: readonly string[];
  /** Name for a volume that holds the data directory. */
  dataVolume?: string;
}

export interface Postgres extends Container {
  readonly user: string;
  /** How `pg` reaches a database of it (give the session the name OWN_SESSION). The port may be another one after `start`. */
  client(database: string): Login & { application_name: string };
  /** What psql (with more `options`) answers: a line per row, columns separated by `|`. @throws Error at the first statement that fails */
  sql(database: string, text: string, ...options: string[]): Promise<string>;
}

/**
 * A compose project: service `db`, a PostgreSQL, and service `app`, with its own files and the volume `files` at /srv/files. Its compose file is
 * docker-compose.yml in the folder `project`.
 */
export interface Project {
  readonly project: Folder;
  /** Names of the containers. */
  readonly db: string;
  readonly app: string;
  /** Where things lie now: it changes when the containers are made again. */
  readonly root: Folder;
  readonly volume: Folder;
  sql(database: string, text: string): Promise<string>;
  /** Takes everything away: containers, volumes, the folder's content. */
  destroy(): Promise<void>;
}

/** The Docker host of one test file. Everything that differs between the embedded host and a Docker engine is behind it. */
export interface TestHost {
  /** Fit for a suite's name; the same for all files of one worker of the tests. */
  readonly name: string;
  /** For the command: which host to use. */
  readonly cliArgs: readonly string[];
  /** The whole environment of the command. */
  readonly environment: Record<string, string>;
  /** A folder for the test's own use (homes, suite files), removed with the host. */
  readonly workspace: string;
  /** Tools on the host itself, for the documents and for the command. */
  readonly hostTool: ToolReplacement;
  postgres(name: string, options?: PostgresOptions): Promise<Postgres>;
  container(name: string, options?: ContainerOptions): Promise<Container>;
  /** Only one of a host. */
  project(databases: readonly string[]): Promise<Project>;
  volume(name: string, tree?: Tree, labels?: Record<string, string>): Promise<Volume>;
  /** A folder on the host. */
  directory(tree: Tree): Promise<Folder>;
  /** From now on TMPDIR is a file system of this size (root only). The answer makes it as before. */
  limitScratch(bytes: number): Promise<() => Promise<void>>;
  /**
   * What still runs or lies about: processes and database sessions of a command, scratch containers, files in TMPDIR and in the
   * user's home folder. A sentence each.
   */
  leftovers(): Promise<string[]>;
  /** Ends and removes all of it. */
  remove(): Promise<void>;
}
