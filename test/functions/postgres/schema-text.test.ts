import { describe, expect, it } from 'vitest';
import { compareSchemas, schemaEntries } from '../../../functions/postgres/schema-text.ts';

const entry = (name: string, type: string, schema: string, ...statements: string[]) =>
  ['--', `-- Name: ${name}; Type: ${type}; Schema: ${schema}; Owner: app`, '--', '', ...statements, '', ''].join('\n');
const USERS = entry('users', 'TABLE', 'public', 'CREATE TABLE public.users (', '    id integer', ');');
const INDEX = entry('users_id', 'INDEX', 'public', 'CREATE INDEX users_id ON public.users (id);');
const dump = (...entries: string[]) =>
  `--\n-- PostgreSQL database dump\n--\n\n\\restrict ${Math.random()}\n\nSET x = 1;\n\n${entries.join('')}`;
const differences = (expected: string, actual: string) => compareSchemas(schemaEntries(expected), schemaEntries(actual));

describe('two schemas', () => {
  it('are the same whatever their order, random words and settings between entries', () => {
    const other = dump(INDEX, 'SET default_tablespace = x;\nSELECT pg_catalog.set_config(1);\n', USERS, '\\unrestrict y\n');
    expect(schemaEntries(dump(USERS, INDEX)).size).toBe(2);
    expect(differences(dump(USERS, INDEX), other)).toEqual([]);
  });

  it('differ by an entry that is missing, one that is too many and one that is another', () => {
    const changed = USERS.replace('integer', 'bigint');
    expect(differences(dump(USERS, INDEX), dump(USERS))).toEqual([{ entry: 'INDEX public.users_id', problem: 'missing' }]);
    expect(differences(dump(USERS), dump(USERS, INDEX))).toEqual([{ entry: 'INDEX public.users_id', problem: 'extra' }]);
    expect(differences(dump(USERS), dump(changed))).toEqual([{ entry: 'TABLE public.users', problem: 'different' }]);
  });

  it('differ when one of several entries of a name is another or missing', () => {
    const grant = (role: string) => entry('TABLE users', 'ACL', 'public', `GRANT SELECT ON TABLE public.users TO ${role};`);
    expect(differences(dump(grant('a'), grant('b')), dump(grant('b'), grant('a')))).toEqual([]);
    for (const other of [dump(grant('a')), dump(grant('a'), grant('c'))]) {
      expect(differences(dump(grant('a'), grant('b')), other)).toEqual([
        { entry: 'ACL public.TABLE users', problem: 'different' },
      ]);
    }
  });

  it('differ in every entry when one of them is empty', () => {
    expect(differences(dump(USERS, INDEX), '')).toHaveLength(2);
    expect(differences('', dump(USERS, INDEX))).toHaveLength(2);
  });
});
