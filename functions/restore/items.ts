import { encode, encodeList } from '../contract/encoding.ts';
import type { Manifest, ManifestSource } from '../contract/manifest.ts';
import type { PlanItem, PlanProblem, RestoreMode, RestoreOptions } from '../contract/restore.ts';
import type { Source } from '../contract/sources.ts';

/** An item before anything was asked of the host. */
export interface ChosenItem {
  readonly item: string;
  readonly kind: PlanItem['kind'];
  readonly source: ManifestSource;
  /** As `declaredNow` says. */
  readonly declared: Source;
  /** Where its documents look, and what belongs to all of them. */
  readonly host: Record<string, string>;
}

export interface Chosen {
  readonly items: ChosenItem[];
  readonly problems: PlanProblem[];
  readonly warnings: { name: string; message: string }[];
}

export const isTree = (kind: string) => kind === 'volume' || kind === 'path' || kind === 'files';
const isSystemConfiguration = (source: Source) => source.kind === 'files' && /^\/etc(\/|$)/.test(source.directory);

/** Which sources each mode is about; `named`: the user asked for this one by its name. */
const IS_MEANT: Record<RestoreMode, (source: Source, named: boolean) => boolean> = {
  full: ({ kind }) => kind !== 'globals',
  database: ({ kind }) => kind === 'database',
  tables: ({ kind }) => kind === 'database',
  files: ({ kind }, named) => kind === 'volume' || kind === 'path' || (named && kind === 'files'),
  config: ({ kind }) => kind === 'files',
};

/** The order of a disaster: databases, configuration, the users' files, the system's configuration. */
function rank(source: Source): number {
  if (source.kind === 'database') return 0;
  if (source.kind === 'files') return isSystemConfiguration(source) ? 3 : 1;
  return 2;
}

/**
 * A source of a point as the suite file declares it, which says where it lies today; as it was declared then, when it is not any more. How a
 * database was fingerprinted is a fact of the point: only the same kind of fingerprint can be compared.
 */
export function declaredNow(source: ManifestSource, sources: readonly Source[]): Source {
  const then = source.declared as unknown as Source;
  const now = sources.find(({ kind, name }) => kind === source.kind && name === source.name) ?? then;
  return now.kind === 'database' && then.kind === 'database' ? { ...now, fingerprint: then.fingerprint } : now;
}

/** What is restored of a point, in the order of work, from the manifest and the suite file alone. */
export function chosenItems(manifest: Manifest, options: RestoreOptions, sources: readonly Source[]): Chosen {
  const problems: PlanProblem[] = [];
  const warnings: Chosen['warnings'] = [];
  const candidates = manifest.sources
    .filter(({ kind }) => kind !== 'globals')
    .map((source) => ({ source, declared: declaredNow(source, sources), named: options.sources.includes(source.name) }))
    .filter(({ declared, named }) => IS_MEANT[options.mode](declared, named))
    .filter(({ named }) => options.sources.length === 0 || named);
  const known = manifest.sources.filter(({ kind }) => kind !== 'globals').map(({ name }) => name);
  for (const name of options.sources) {
    if (candidates.some(({ source }) => source.name === name)) continue;
    const message = known.includes(name)
      ? `Mode ${options.mode} does not restore this source.`
      : `The recovery point has no such source; it has ${known.join(', ')}.`;
    problems.push({ path: 'source', value: 'RestoreRefused', message: `${name}: ${message}` });
  }
  const captured = candidates.filter(({ source, named }) => {
    if (source.state === 'captured') return true;
    const message = `${source.label} was absent when the point was made${source.reason ? `: ${source.reason.message}` : '.'}`;
    if (named) problems.push({ path: source.label, value: 'RestoreRefused', message });
    else warnings.push({ name: 'SourceAbsent', message });
    return false;
  });
  const ordered = captured.toSorted((one, other) => rank(one.declared) - rank(other.declared));
  const work = ordered.map(({ source, declared }) => ({
    kind: options.mode === 'tables' ? ('tables' as const) : source.kind,
    source,
    declared,
  }));
  const withRoles = options.mode === 'tables' ? work : rolesBefore(work, manifest, sources);
  if (withRoles.length === 0 && problems.length === 0) {
    problems.push({
      path: 'mode',
      value: 'RestoreRefused',
      message: `The recovery point holds nothing that mode ${options.mode} restores.`,
    });
  }
  if (options.to !== null && work.length > 1) {
    const message = `${options.to} takes one source; name it with --source: ${work.map(({ source }) => source.name).join(', ')}.`;
    problems.push({ path: 'to', value: 'RestoreRefused', message });
  }
  const items = withRoles.map((one, index) => ({
    ...one,
    item: String(index).padStart(2, '0'),
    host: hostParameters(one.declared),
  }));
  return { items, problems, warnings };
}

type Work = Pick<ChosenItem, 'kind' | 'source' | 'declared'>;

/** Roles of a server come before its first database: owners and grants refer to them. */
function rolesBefore(work: Work[], manifest: Manifest, sources: readonly Source[]): Work[] {
  const done = new Set<string>();
  return work.flatMap((one) => {
    const container = one.source.container?.name;
    if (one.kind !== 'database' || container === undefined || done.has(container)) return [one];
    done.add(container);
    const globals = manifest.sources.find(({ kind, state, container: of }) => {
      return kind === 'globals' && state === 'captured' && of?.name === container;
    });
    return globals ? [{ kind: 'globals' as const, source: globals, declared: declaredNow(globals, sources) }, one] : [one];
  });
}

/** Parameters that say where a source lies; what a kind does not need is empty, since every document gets all it declares. */
export function hostParameters(source: Source): Record<string, string> {
  if (source.kind === 'database' || source.kind === 'globals') {
    return {
      container: encode(source.container),
      user: encode(source.user ?? ''),
      passwordVariable: source.passwordVariable ?? '',
      ...(source.kind === 'database' ? { database: encode(source.database) } : {}),
    };
  }
  return {
    kind: source.kind,
    volume: encode(source.kind === 'volume' ? source.volume : ''),
    container: encode(source.kind === 'path' ? source.container : ''),
    path: encode(source.kind === 'path' ? source.path : ''),
    directory: encode(source.kind === 'files' ? source.directory : ''),
    include: encodeList(source.kind === 'files' ? source.include : []),
    exclude: encodeList(source.exclude),
  };
}

/** What a person calls the place of a source. */
export function placeOf(source: Source): string {
  switch (source.kind) {
    case 'database':
      return source.database;
    case 'globals':
      return source.container;
    case 'volume':
      return source.volume;
    case 'path':
      return `${source.container}:${source.path}`;
    case 'files':
      return source.directory;
  }
}
