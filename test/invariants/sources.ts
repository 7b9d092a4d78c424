import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PROJECT_ROOT } from './synthesized-app.ts';

export interface Source {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  /** A path from the project's root, or the name of a package or of a module of Node. */
  readonly of: string;
  readonly isOurs: boolean;
  readonly isType: boolean;
}

export function sourcesOf(pattern: string): Source[] {
  return globSync(pattern, { cwd: PROJECT_ROOT })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(PROJECT_ROOT, path), 'utf8') }));
}

/** Static and dynamic imports and re-exports with a literal name. */
export function importsOf({ path, text }: Source): Import[] {
  const statements = [
    ...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[\w*{][^'"();]*?\s+from\s+)?'([^']+)'/gm),
    ...[...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map((match) => [match[0], undefined, match[1]] as const),
  ];
  return statements.map(([, type, name]) => {
    const isOurs = name!.startsWith('.');
    const of = isOurs ? relative(PROJECT_ROOT, join(PROJECT_ROOT, dirname(path), name!)) : name!;
    return { from: path, of, isOurs, isType: type !== undefined };
  });
}
