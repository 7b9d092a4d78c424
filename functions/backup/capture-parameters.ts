import { encode, encodeList } from '../contract/encoding.ts';
import { sourceLabel } from '../contract/keys.ts';
import type { DatabaseSource, Source } from '../contract/sources.ts';

/** 256 MiB: small enough that a function reads one back in far less than its 15 minutes (measured 146 MB/s). */
const CHUNK_BYTES = 256 * 1024 * 1024;
/** A host's result has 24,000 characters, a chunk's hash takes 67 of them. */
const MOST_CHUNKS = 200;

export interface Sizes {
  readonly lastBytes: number;
}

/** What the capture document of a source gets: text only; free text as base64, lists NUL-separated inside. */
export function captureParameters(
  source: Source,
  all: readonly Source[],
  place: { bucket: string; prefix: string },
  { lastBytes }: Sizes,
): Record<string, string> {
  const expectedBytes = 2 * lastBytes;
  const chunkBytes = CHUNK_BYTES * Math.max(1, Math.ceil(expectedBytes / CHUNK_BYTES / MOST_CHUNKS));
  const common = {
    bucket: place.bucket,
    prefix: place.prefix,
    source: sourceLabel(source.kind, source.name),
    expectedBytes: String(expectedBytes),
    chunkBytes: String(chunkBytes),
  };
  switch (source.kind) {
    case 'database':
      return {
        ...common,
        ...access(source, source.database),
        fingerprint: source.fingerprint,
        optional: String(source.optional),
        plainSql: String(source.plainSql),
      };
    case 'globals':
      return { ...common, ...access(source, anyDatabase(source.container, all)) };
    case 'volume':
      return { ...common, volume: encode(source.volume), exclude: encodeList(source.exclude) };
    case 'path':
      return { ...common, container: encode(source.container), path: encode(source.path), exclude: encodeList(source.exclude) };
    case 'files':
      return {
        ...common,
        directory: encode(source.directory),
        include: encodeList(source.include),
        exclude: encodeList(source.exclude),
        optional: String(source.optional),
      };
  }
}

function access(source: Pick<DatabaseSource, 'container' | 'user' | 'passwordVariable'>, database: string) {
  return {
    container: encode(source.container),
    database: encode(database),
    user: encode(source.user ?? ''),
    passwordVariable: source.passwordVariable ?? '',
  };
}

/** Roles are dumped through any database of the server; one that is backed up is known to be there. */
function anyDatabase(container: string, all: readonly Source[]): string {
  const found = all.find((source): source is DatabaseSource => source.kind === 'database' && source.container === container);
  return found?.database ?? 'postgres';
}
