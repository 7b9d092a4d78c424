import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

// Uuids do not compress: megabytes of the stored dump are still unread when a restore ends early.
const NOISE = 'create table noise as select gen_random_uuid() as a, gen_random_uuid() as b from generate_series(1, 80000)';

let host: TestHost;
let db: Postgres;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', NOISE);
  suite = await createSuite({ host, suite: { sources: { databases: [{ name: 'shop', container: db.container }] } } });
  await provenBackup(suite);
});
afterAll(() => host.remove());

it('a download that breaks half way is tried again, into a database that is empty again', async () => {
  const fetched = join(host.workspace, 'fetched');
  // The first fetch lists what the dump holds, the second one restores it.
  await host.hostTool.replace(
    'curl',
    `config=$(cat)
     [[ $config != *.dump.zst* ]] || printf x >>'${fetched}'
     if [[ $config == *.dump.zst* && $(<'${fetched}') == xx ]]; then
       "$REAL" "$@" <<<"$config" | head -c 1500000
       echo 'curl: (18) transfer closed' >&2
       exit 18
     fi
     exec "$REAL" "$@" <<<"$config"`,
  );
  const { json } = await succeed(suite, 'verify', 'latest');
  await host.hostTool.reset();
  expect(await readFile(fetched, 'utf8')).toBe('xxx');
  expect(json.point).toMatchObject({ state: 'proven', restorable: true });
  expect(await host.leftovers()).toEqual([]);
});

it('a dump that PostgreSQL cannot restore is told with the statement and the cause, and not taken for a broken download', async () => {
  await db.sql(
    'shop',
    `create table limits as select 10 as most;
     create function allowed(int) returns boolean language sql as 'select $1 <= (select most from limits)';
     create table amounts (amount int check (allowed(amount))); insert into amounts values (5);
     create table a_first (amount int check (allowed(amount))); insert into a_first values (5);`,
  );
  const early = await suite.run('backup');
  expect([early.exitCode, early.json.outcome]).toEqual([5, 'unproven']);
  expect(early.json.point!.reason).toMatchObject({
    name: 'RestoreFailed',
    message: expect.stringMatching(/COPY failed for table "a_first": ERROR: {2}relation "limits" does not exist/),
  });

  await db.sql(
    'shop',
    `drop table amounts, a_first;
     create table parent (id int primary key); create table child (id int references parent);
     set session_replication_role = replica; insert into child values (7);`,
  );
  const late = await suite.run('backup');
  expect(late.json.point!.reason).toMatchObject({
    name: 'RestoreFailed',
    message: expect.stringMatching(/failed at: ALTER TABLE ONLY public\.child .*violates foreign key constraint/),
  });
});
