import { expect, it } from 'vitest';
import { globalsStatements, statementSubject } from '../../../functions/postgres/globals-text.ts';

const TEXT = `--
-- Roles
--

\\restrict abc
CREATE ROLE app;
ALTER ROLE app WITH LOGIN PASSWORD 'SCRAM-SHA-256$secret';
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER;
CREATE TABLESPACE fast OWNER app LOCATION '/mnt/fast';
GRANT app TO postgres;
`;

it('the statements are compared without comments, random words and folders of tablespaces', () => {
  expect(globalsStatements(TEXT, 'postgres')).toEqual([
    "ALTER ROLE app WITH LOGIN PASSWORD 'SCRAM-SHA-256$secret';",
    'ALTER ROLE postgres WITH SUPERUSER;',
    'CREATE ROLE app;',
    'CREATE TABLESPACE fast OWNER app LOCATION ...;',
    'GRANT app TO postgres;',
  ]);
});

it('the user that every server begins with and the role of the comparison are left out, and no other', () => {
  const text =
    'CREATE ROLE suite_backup_compare;\nALTER ROLE suite_backup_compare WITH SUPERUSER;\nCREATE ROLE suite_backup_compared;\n';
  expect(globalsStatements(`${text}CREATE ROLE "My Admin";\nCREATE ROLE postgres;\n`, 'My Admin')).toEqual([
    'CREATE ROLE postgres;',
    'CREATE ROLE suite_backup_compared;',
  ]);
});

it('a role that is missing or whose password is another is another statement', () => {
  const statements = (text: string) => globalsStatements(text, 'postgres');
  expect(statements(TEXT.replace('CREATE ROLE app;\n', ''))).not.toEqual(statements(TEXT));
  expect(statements(TEXT.replace('$secret', '$other'))).not.toEqual(statements(TEXT));
});

it('what is said of a statement holds no secret', () => {
  expect(globalsStatements(TEXT, 'postgres').map(statementSubject)).toEqual([
    'ALTER ROLE app',
    'ALTER ROLE postgres',
    'CREATE ROLE app',
    'CREATE TABLESPACE fast',
    'GRANT app TO',
  ]);
});
