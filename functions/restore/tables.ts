/** Columns of a table in the order of its definition; empty when its definition could not be read (a partition, a typed table). */
export interface TableColumns {
  readonly columns: string[];
}

/** `schema.name` as PostgreSQL's quote_ident writes both parts; keywords aside, which are told exactly by `show`. */
export function quotedName(typed: string): string {
  const dot = typed.indexOf('.');
  if (dot < 0 || typed.includes('"')) return typed;
  return [typed.slice(0, dot), typed.slice(dot + 1)].map(quoted).join('.');
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Names of columns by table, out of the text of `pg_dump --schema-only`. */
export function columnsOf(schemaText: string): Map<string, TableColumns> {
  const found = new Map<string, TableColumns>();
  const definition = /^CREATE (?:UNLOGGED |FOREIGN )?TABLE (.+) \(\n((?: {4}.*\n)*)\)/gm;
  for (const [, name, body] of schemaText.matchAll(definition)) {
    const columns = (body ?? '').split('\n').flatMap((line) => {
      const column = /^ {4}("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) /.exec(line)?.[1];
      if (column === undefined || /^ {4}CONSTRAINT /.test(line)) return [];
      return column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column;
    });
    found.set(name!, { columns });
  }
  return found;
}
