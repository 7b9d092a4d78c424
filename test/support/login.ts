import pg from 'pg';

/** How to reach a database over loopback: what a `pg` client takes. */
export interface Login {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** application_name of the test's own sessions; those without it are somebody else's. */
export const OWN_SESSION = 'suite-backup-test';

/** The same login with the name that marks the test's own sessions. */
export function ownLogin(login: Login): Login & { application_name: string } {
  return { ...login, application_name: OWN_SESSION };
}

export async function canLogIn(login: Login): Promise<boolean> {
  return withClient(login, async () => true).catch(() => false);
}

/** Runs `work` with a client of its own session. */
export async function withClient<Answer>(login: Login, work: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  const client = new pg.Client({ ...login, application_name: OWN_SESSION, connectionTimeoutMillis: 5000 });
  // A server that is stopped under a session says so in an event, which without a listener ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates databases with any name. */
export async function createDatabases(login: Login, names: readonly string[]): Promise<void> {
  await withClient(login, async (client) => {
    for (const name of names) await client.query(`create database ${client.escapeIdentifier(name)}`);
  });
}

/** Sessions on the server that are not the test's own, in words. */
export async function foreignSessions(login: Login): Promise<string[]> {
  const sql = `select format('session %s of %s in %I: %s, %s', pid, usename, datname, coalesce(state, 'no state'), left(query, 80)) as said
    from pg_stat_activity where backend_type = 'client backend' and application_name <> $1`;
  return withClient(login, async (client) =>
    (await client.query<{ said: string }>(sql, [OWN_SESSION])).rows.map(({ said }) => said),
  );
}

/** psql as a script uses it: no start file, no headings, the first error ends it. */
export const PSQL_OPTIONS = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'];

/** The same for libpq, as variables: an argument would be taken apart when a database's name looks like a connection string. */
export function libpqVariables({ host, port, user, password, database }: Login): Record<string, string> {
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database, PGAPPNAME: OWN_SESSION };
}
