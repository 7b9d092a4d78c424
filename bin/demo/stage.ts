import { DockerStage } from './docker-stage.ts';
import { LocalStage } from './local-stage.ts';

/** Where the demo's suite lives: a database server, a volume, a container with paths, and a folder of configuration. */
export interface Stage {
  /** For people: what it is. */
  readonly description: string;
  /** Name of the container in the suite file. */
  readonly container: string;
  readonly volume: string;
  /** `--host` of the operator's command. */
  readonly host: string;
  /** What psql answers. */
  sql(database: string, text: string): Promise<string>;
  /** Deletes folders of the volume, by name, with all they hold. */
  deleteUploads(folders: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** Trees that the demo puts into the volume and below `/app` of the container. */
export interface Trees {
  /** Folder with the volume's content. */
  readonly uploads: string;
  /** Folder with `exports` and `networks`. */
  readonly app: string;
}

/** Docker if it answers and has, or can get, a PostgreSQL image; otherwise the PostgreSQL that is installed here. */
export async function openStage(folder: string, trees: Trees, say: (line: string) => void): Promise<Stage> {
  const image = await DockerStage.image(say);
  return image ? DockerStage.open(image, trees) : LocalStage.open(folder, trees);
}
