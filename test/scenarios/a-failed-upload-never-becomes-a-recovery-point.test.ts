import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;

/** What an uploader may do to the archive of the source that is named like it. */
const FAULTS = {
  refused: 'echo "An error occurred (AccessDenied) when calling the PutObject operation" >&2; exit 1',
  cut: 'head -c 200000 | "$REAL" "$@"; exit 0',
  killed: 'head -c 200000 | "$REAL" "$@"; kill -KILL $$',
  swallowed: 'cat >/dev/null; exit 0',
  half: 'head -c 1000 | "$REAL" "$@"; cat >/dev/null; exit 0',
};
const SAYS: Record<keyof typeof FAULTS, RegExp> = {
  refused: /AccessDenied/,
  cut: /upload of \S+\/files-cut\.\S+ ended before its data did/,
  killed: /upload of \S+\/files-killed\.\S+ ended before its data did/,
  swallowed: /files-swallowed\.\S+ was reported as stored, but is not in the vault/,
  half: /files-half\.\S+ has 1000 bytes in the vault; the host sent \d+/,
};
const NAMES = Object.keys(FAULTS) as (keyof typeof FAULTS)[];

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', `create table big as select n as id, repeat(md5(n::text), 32) as text from generate_series(1, 10000) n`);
  // Random, so that an archive of it is as large.
  const { folder } = await host.directory({ 'random.bin': randomBytes(1_000_000) });
  const files = [...NAMES, 'healthy'].map((name) => ({ name, directory: folder, include: ['*'] }));
  suite = await createSuite({ host, suite: { sources: { databases: [{ name: 'shop', container: db.container }], files } } });
});
afterAll(() => host.remove());
afterEach(async () => {
  await host.hostTool.reset();
  await db.binaries.reset();
});

it('whether it is refused, cut, killed, stored by half or not at all; every source is named', async () => {
  const cases = NAMES.map((name) => `*/files-${name}.*.tar.zst*) ${FAULTS[name]} ;;`);
  // The inventory of a source is another upload: that one goes well.
  await host.hostTool.replace('aws', `case "$*" in\n*.inventory.*) ;;\n${cases.join('\n')}\nesac\nexec "$REAL" "$@"`);
  const { backup, alert } = await failedBackup(suite, 3, 'UploadFailed');
  expect(backup.error!.problems).toEqual(
    NAMES.map((name) => ({ path: `files-${name}`, value: 'UploadFailed', message: expect.stringMatching(SAYS[name]) })),
  );
  expect(backup.error!.message).toMatch(/^5 of 8 sources were not captured whole\./);
  expect(backup.point!.sources).toEqual({ declared: 8, captured: 3, absent: 0, failed: 5 });
  const { artifacts } = (await succeed(suite, 'show', backup.point!.id)).json;
  expect(artifacts.filter(({ state }) => state === 'failed').map(({ source, reason }) => [source, reason!.name])).toEqual(
    NAMES.map((name) => [name, 'UploadFailed']),
  );
  for (const name of NAMES) expect(alert.message).toMatch(SAYS[name]);
});

it('not even when the producer is dead and the uploader, deaf to its end, stores what came and says that all is well', async () => {
  await db.binaries.replace(
    'pg_dump',
    `[[ " $* " != *' --format=custom '* ]] || { "$REAL" "$@" | head -c 100000; exit 1; }\nexec "$REAL" "$@"`,
  );
  await host.hostTool.replace('aws', `[[ "$*" != *.dump.zst* ]] || { trap '' TERM; "$REAL" "$@"; exit 0; }\nexec "$REAL" "$@"`);
  const { backup } = await failedBackup(suite, 3, 'DumpFailed');
  const vault = await TamperedVault.open(suite.home);
  const keys = (await vault.keys()).filter((key) => key.includes(backup.point!.id));
  expect(
    keys.filter((key) => key.endsWith('.dump.zst')),
    'the cut dump lies in the vault',
  ).toHaveLength(1);
  expect(
    keys.filter((key) => key.includes('/recovery-points/')),
    'but no manifest names it',
  ).toEqual([]);
});

it('nor is a point proven whose bytes were changed on the way', async () => {
  await host.hostTool.replace(
    'aws',
    `[[ "$*" != */files-half.*.tar.zst* || "$*" == *.inventory.* ]] || { tr 'a' 'b' | "$REAL" "$@"; exit; }\nexec "$REAL" "$@"`,
  );
  const { backup } = await failedBackup(suite, 5, 'VerificationFailed');
  const { point, proofs } = (await succeed(suite, 'show', backup.point!.id)).json;
  expect(point.reason).toMatchObject({ name: 'ArtifactChanged', source: 'half' });
  const failed = proofs[0]!.checks.filter(({ ok }) => !ok);
  expect(new Set(failed.map(({ source }) => source))).toEqual(new Set(['half']));
  expect(failed.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['read-back', 'files']));
});

it('and the next healthy backup is proven', async () => {
  await provenBackup(suite);
});
