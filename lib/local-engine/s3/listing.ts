import type { ObjectIndex } from './object-index.ts';
import { commonPrefix } from './paging.ts';
import type { ObjectVersion, Version } from './version.ts';

/** Where a page begins: behind a key, or behind every key of a common prefix. */
export type Resume = { after: string } | { afterPrefix: string };

export interface ListQuery {
  prefix: string;
  delimiter: string;
  limit: number;
  resume: Resume | undefined;
}

export interface Page<T> {
  items: T[];
  prefixes: string[];
  /** Set where there is more. */
  next: Resume | undefined;
}

/** One page of current objects. Costs a binary search plus the keys of the page, whatever the size of the bucket. */
export function listObjects(index: ObjectIndex, query: ListQuery): Page<ObjectVersion> {
  const page: Page<ObjectVersion> = { items: [], prefixes: [], next: undefined };
  let last: Resume | undefined;
  for (let at = firstPosition(index, query); at < index.keys.length; ) {
    const key = index.keys[at]!;
    if (!key.startsWith(query.prefix)) break;
    const newest = index.newest(key);
    if (newest?.deleteMarker !== false) {
      at++;
      continue;
    }
    if (page.items.length + page.prefixes.length === query.limit) {
      return { ...page, next: query.limit > 0 ? last : undefined };
    }
    const shared = commonPrefix(key, query.prefix, query.delimiter);
    if (shared === undefined) {
      page.items.push(newest);
      last = { after: key };
      at++;
    } else {
      page.prefixes.push(shared);
      last = { afterPrefix: shared };
      at = index.behindPrefix(shared);
    }
  }
  return page;
}

export interface VersionMarker {
  key: string;
  versionId: string | undefined;
}

export interface VersionPage {
  items: { version: Version; isLatest: boolean }[];
  prefixes: string[];
  next: VersionMarker | undefined;
}

/** One page of all versions and delete markers, by key and the newest first. */
export function listVersions(
  index: ObjectIndex,
  query: Omit<ListQuery, 'resume'>,
  marker: VersionMarker | undefined,
): VersionPage {
  const page: VersionPage = { items: [], prefixes: [], next: undefined };
  let last: VersionMarker | undefined;
  const full = (): boolean => page.items.length + page.prefixes.length === query.limit;
  for (let at = firstVersionPosition(index, query, marker); at < index.keys.length; ) {
    const key = index.keys[at]!;
    if (!key.startsWith(query.prefix)) break;
    const shared = commonPrefix(key, query.prefix, query.delimiter);
    if (shared !== undefined) {
      if (full()) return { ...page, next: last };
      page.prefixes.push(shared);
      last = { key: shared, versionId: undefined };
      at = index.behindPrefix(shared);
      continue;
    }
    const versions = index.versionsOf(key);
    for (const version of remaining(versions, key, marker)) {
      if (full()) return { ...page, next: last };
      page.items.push({ version, isLatest: version === versions[0] });
      last = { key, versionId: version.versionId };
    }
    at++;
  }
  return page;
}

function firstPosition(index: ObjectIndex, query: ListQuery): number {
  const start = index.lowerBound(query.prefix);
  if (!query.resume) return start;
  if ('afterPrefix' in query.resume) return Math.max(start, index.behindPrefix(query.resume.afterPrefix));
  return Math.max(start, behindKey(index, query.resume.after));
}

function firstVersionPosition(index: ObjectIndex, query: Omit<ListQuery, 'resume'>, marker: VersionMarker | undefined): number {
  const start = index.lowerBound(query.prefix);
  if (!marker) return start;
  if (marker.versionId !== undefined) return Math.max(start, index.lowerBound(marker.key));
  const isPrefix = query.delimiter !== '' && marker.key.endsWith(query.delimiter);
  return Math.max(start, isPrefix ? index.behindPrefix(marker.key) : behindKey(index, marker.key));
}

function behindKey(index: ObjectIndex, key: string): number {
  const position = index.lowerBound(key);
  return index.keys[position] === key ? position + 1 : position;
}

/** The versions behind the marker. If that one was removed meanwhile, all that are left: better twice than never. */
function remaining(versions: readonly Version[], key: string, marker: VersionMarker | undefined): readonly Version[] {
  if (marker?.key !== key || marker.versionId === undefined) return versions;
  return versions.slice(versions.findIndex((version) => version.versionId === marker.versionId) + 1);
}
