import { afterAll, beforeAll, expect, it } from 'vitest';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;
let sources: { databases: unknown[]; volumes: unknown[] };

const KiB = 1024;
const MiB = 1024 * KiB;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', `create table big as select n as id, repeat(md5(n::text), 30) as text from generate_series(1, 40000) n`);
  // The lists of so many long names are larger than what they are kept in.
  const name = (index: number) => `${String(index).padStart(4, '0')}-${'long'.repeat(50)}`;
  const volume = await host.volume('many', Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [name(index), ''])));
  sources = { databases: [{ name: 'shop', container: db.container }], volumes: [{ name: 'many', volume: volume.name }] };
  suite = await createSuite({ host, suite: { sources } });
  await declare(sources);
});
afterAll(() => host.remove());

/** What is made of a suite file is made while there is space. */
async function declare(declared: object): Promise<void> {
  await suite.rewrite({ sources: declared });
  await succeed(suite, 'list');
}

it('when a capture has no space for its lists', async () => {
  // Alone: what is captured at the same time would run into the full area, and end when there is space again.
  await declare({ volumes: sources.volumes });
  const unlimited = await host.limitScratch(512 * KiB);
  const { backup } = await failedBackup(suite, 3, 'DiskFull');
  await unlimited();
  await declare(sources);
  expect(backup.error!.problems).toMatchObject([
    { path: 'volume-many', value: 'DiskFull', message: expect.stringMatching(/^The scratch area \S+ is full .*"\S+-many"/) },
  ]);
});

it('when a proof has no space for a server, and when it has none for the rows; the point is kept, but not proven', async () => {
  for (const size of [8 * MiB, 80 * MiB]) {
    const unlimited = await host.limitScratch(size);
    const { backup } = await failedBackup(suite, 5, 'VerificationFailed');
    await unlimited();
    const { point, proofs } = (await succeed(suite, 'show', backup.point!.id)).json;
    expect(point.reason).toMatchObject({ name: 'DiskFull', message: expect.stringMatching(/scratch area .* is full/) });
    expect(proofs[0]!.checks.filter(({ kind, ok }) => kind === 'read-back' && !ok)).toEqual([]);
  }
});

it('and once there is space the same point, and the next backup, are proven', async () => {
  const { json } = await succeed(suite, 'verify', 'latest');
  expect(json.point).toMatchObject({ state: 'proven', restorable: true });
  await provenBackup(suite);
});
