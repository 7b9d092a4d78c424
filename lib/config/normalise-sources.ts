import type { DatabaseSource, GlobalsSource, Source } from '../../functions/contract/sources.ts';
import type { SuiteDeclaration } from './suite-schema.ts';

/** One flat list: databases (each server's globals right after its first database), volumes, paths, files. */
export function normaliseSources(declared: SuiteDeclaration['sources']): Source[] {
  const servers = new Map<string, string>();
  const databases = declared.databases.flatMap((entry): Source[] => {
    const database: DatabaseSource = { kind: 'database', ...entry, database: entry.database ?? entry.name };
    if (servers.has(entry.container)) return [database];
    const name = globalsName(entry.container, [...servers.values()]);
    servers.set(entry.container, name);
    return [database, globalsOf(name, database, declared.databases)];
  });
  return [
    ...databases,
    ...declared.volumes.map((entry) => ({ kind: 'volume' as const, ...entry, volume: entry.volume ?? entry.name })),
    ...declared.paths.map((entry) => ({ kind: 'path' as const, ...entry })),
    ...declared.files.map((entry) => ({ kind: 'files' as const, ...entry })),
  ];
}

/** Roles belong to the server, not to a database. They may be missing only if every database of the server may. */
function globalsOf(name: string, first: DatabaseSource, databases: SuiteDeclaration['sources']['databases']): GlobalsSource {
  const { container, user, passwordVariable } = first;
  const optional = databases.filter((entry) => entry.container === container).every((entry) => entry.optional);
  return { kind: 'globals', name, container, user, passwordVariable, optional };
}

/** The container's name as the name of a source: what is not allowed in one becomes "-"; a number keeps two of them apart. */
function globalsName(container: string, taken: readonly string[]): string {
  const plain = container.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'server';
  const candidates = [plain.slice(0, 40), ...taken.map((_, index) => `${plain.slice(0, 37)}-${index + 2}`)];
  return candidates.find((name) => !taken.includes(name))!;
}
