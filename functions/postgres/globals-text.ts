/** `pg_dumpall --globals-only` text as comparable statements: one per line, order and tablespace folders do not matter. */
export function globalsStatements(text: string, bootstrapUser: string): string[] {
  const ownRole = `CREATE ROLE ${quoteIdentifier(bootstrapUser)};`;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(--|\\(un)?restrict )/.test(line))
    .filter((line) => line !== ownRole && !/^(CREATE|ALTER) ROLE suite_backup_compare\b/.test(line))
    .map((line) => line.replace(/^(CREATE TABLESPACE .* LOCATION ).*;$/, '$1...;'))
    .sort();
}

/** What a statement is about, without its values: a role's line holds its password's verifier, which belongs in no message. */
export function statementSubject(statement: string): string {
  return statement.split(' ').slice(0, 3).join(' ').replace(/;$/, '');
}

/** As quote_ident: plain lower-case names stay as they are. Reserved words are quoted by the server; roles rarely are such words. */
function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
