/**
 * A declared source, as the suite file's normalised form hands it to the plan (lib/config makes these, every default filled in).
 * `optional`: when the source does not exist or is empty the point says so and stays restorable.
 */
interface SourceBase {
  readonly name: string;
  readonly optional: boolean;
}

export interface DatabaseSource extends SourceBase {
  readonly kind: 'database';
  readonly container: string;
  readonly database: string;
  /** Role that dumps; null: POSTGRES_USER of the container, else postgres. */
  readonly user: string | null;
  /** Name of a variable inside the container that holds the password; null: POSTGRES_PASSWORD if it is set there. */
  readonly passwordVariable: string | null;
  readonly fingerprint: 'hash' | 'count';
  /** Applied at restore; the archive always keeps owners and grants. */
  readonly ownership: 'drop' | 'keep';
  /** Stores plain SQL beside the archive, for a restore without any tool of ours. */
  readonly plainSql: boolean;
}

export interface GlobalsSource extends SourceBase {
  readonly kind: 'globals';
  readonly container: string;
  readonly user: string | null;
  readonly passwordVariable: string | null;
}

export interface VolumeSource extends SourceBase {
  readonly kind: 'volume';
  readonly volume: string;
  readonly exclude: readonly string[];
}

export interface PathSource extends SourceBase {
  readonly kind: 'path';
  readonly container: string;
  /** Absolute path inside the container. */
  readonly path: string;
  readonly exclude: readonly string[];
}

export interface FilesSource extends SourceBase {
  readonly kind: 'files';
  /** Absolute directory on the host. */
  readonly directory: string;
  /** Shell patterns relative to the directory. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export type Source = DatabaseSource | GlobalsSource | VolumeSource | PathSource | FilesSource;
export type SourceKind = Source['kind'];
export const SOURCE_KINDS = ['database', 'globals', 'volume', 'path', 'files'] as const satisfies readonly SourceKind[];

/** A check of the suite file, run in the scratch database; it looks at the first column of the only row. */
export interface SqlCheck {
  readonly name: string;
  /** Name of a database source. */
  readonly database: string;
  readonly sql: string;
  readonly expect: { readonly equals: string | number | boolean } | { readonly min?: number; readonly max?: number };
}

/** A check of the suite file that holds rows against files: every path the statement answers must be in the source. */
export interface CrossCheck {
  readonly name: string;
  /** Name of a database source. */
  readonly database: string;
  /** Answers one column. */
  readonly sql: string;
  /** Label of a volume, path or files source. */
  readonly source: string;
  readonly severity: 'failure' | 'warning';
}
