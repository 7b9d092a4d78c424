import type { Client } from 'pg';
import type { SqlCheck } from '../contract/sources.ts';
import fingerprintSql from './fingerprint.sql';
import { type Entry, entrySchema, type Fingerprint, type SqlAnswer } from './fingerprint.ts';
import sequencesSql from './sequences.sql';
import settingsSql from './session-settings.sql';

/**
 * The fingerprint of a database, read over a connection with the very statements that capture-database gives psql.
 * Values must arrive as text: the caller's client has every type parser switched off.
 */
export async function readFingerprint(client: Client, mode: Fingerprint['mode']): Promise<Fingerprint> {
  await client.query(settingsSql);
  await client.query(
    "select set_config('suite_backup.fingerprint', $1, false), set_config('suite_backup.phase', 'restored', false)",
    [mode],
  );
  const entries: Entry[] = [];
  for (const generator of [fingerprintSql, sequencesSql]) {
    for (const [statement] of await rowsOf(client, generator)) {
      const [row] = await rowsOf(client, String(statement));
      entries.push(entrySchema.parse(JSON.parse(String(row?.[0]))));
    }
  }
  return { schema: 'suite-backup.fingerprint.v1', mode, entries };
}

/** Answers of the suite's checks, each with the settings a fresh session has. */
export async function askSqlChecks(client: Client, checks: readonly SqlCheck[]): Promise<SqlAnswer[]> {
  const answers: SqlAnswer[] = [];
  for (const { name, sql } of checks) {
    try {
      const rows = await rowsOf(client, sql);
      const value = rows[0]?.[0];
      answers.push({ kind: 'sql', name, rows: rows.length, value: value == null ? null : String(value), error: null });
    } catch (error) {
      answers.push({ kind: 'sql', name, rows: 0, value: null, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return answers;
}

async function rowsOf(client: Client, text: string): Promise<unknown[][]> {
  const result = await client.query({ text, rowMode: 'array' });
  return result.rows as unknown[][];
}
