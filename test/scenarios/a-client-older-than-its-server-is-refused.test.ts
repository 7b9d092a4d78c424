import { afterAll, beforeAll, expect, it } from 'vitest';
import { failedBackup } from '../support/backup-outcomes.ts';
import { createSuite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let db: Postgres;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', 'create table users (id int)');
});
afterAll(() => host.remove());

it('before it has dumped a byte, with both versions named', async () => {
  const suite = await createSuite({ host, suite: { sources: { databases: [{ name: 'shop', container: db.container }] } } });
  await db.binaries.replace('pg_dump', `[[ $1 == --version ]] && echo 'pg_dump (PostgreSQL) 9.6.24' && exit\nexec "$REAL" "$@"`);
  const { backup } = await failedBackup(suite, 3, 'ClientServerMismatch');
  const said = new RegExp(`pg_dump in "${db.container}" is version 9, its server is ${await major()}`);
  expect(backup.error!.problems).toEqual(
    ['database-shop', `globals-${db.container}`].map((path) => ({
      path,
      value: 'ClientServerMismatch',
      message: expect.stringMatching(said),
    })),
  );
  const vault = await TamperedVault.open(suite.home);
  expect((await vault.keys()).filter((key) => key.includes('/artifacts/'))).toEqual([]);
});

async function major(): Promise<number> {
  return Math.floor(Number(await db.sql('postgres', 'show server_version_num')) / 10_000);
}
