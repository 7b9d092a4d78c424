import { createHash } from 'node:crypto';

/** `pg_dump --schema-only` text as its entries: comparing them by name says *what* differs, and their order does not matter. */
const HEADER = /^-- (?:Data for )?Name: (.*); Type: (.*); Schema: (.*); Owner: .*$/;

export type SchemaEntries = ReadonlyMap<string, string>;

/** Entry name (`TABLE public.users`) to the hash of its statements. Statements that come before the first entry are settings. */
export function schemaEntries(text: string): SchemaEntries {
  const entries = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    const header = HEADER.exec(line);
    if (header) {
      const [, name, type, schema] = header;
      const title = `${type} ${schema === '-' ? '' : `${schema}.`}${name}`;
      // Entries of the same name (overloads, several grants) are one: their text is compared together, sorted.
      current = entries.get(title) ?? [];
      entries.set(title, current);
    } else if (isStatement(line)) {
      current.push(line);
    }
  }
  return new Map([...entries].map(([title, lines]) => [title, hash(lines)]));
}

/** Comments, the random words of \restrict, and the settings pg_dump repeats between entries are no part of the schema. */
function isStatement(line: string): boolean {
  return (
    line.trim() !== '' &&
    !/^(--|\\(un)?restrict |SET default_(tablespace|table_access_method) = |SELECT pg_catalog\.set_config\()/.test(line)
  );
}

function hash(lines: readonly string[]): string {
  return createHash('sha256')
    .update([...lines].sort().join('\n'))
    .digest('hex');
}

export interface SchemaDifference {
  readonly entry: string;
  readonly problem: 'missing' | 'extra' | 'different';
}

export function compareSchemas(expected: SchemaEntries, actual: SchemaEntries): SchemaDifference[] {
  const lost = [...expected].flatMap(([entry, text]): SchemaDifference[] => {
    if (!actual.has(entry)) return [{ entry, problem: 'missing' }];
    return actual.get(entry) === text ? [] : [{ entry, problem: 'different' }];
  });
  const extra = [...actual.keys()]
    .filter((entry) => !expected.has(entry))
    .map((entry): SchemaDifference => ({ entry, problem: 'extra' }));
  return [...lost, ...extra];
}
