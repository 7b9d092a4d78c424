import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost, Volume } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let uploads: Volume;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop', 'other'] });
  // More than the buffers between a server and its client hold: when the script has seen the first bytes, the server is still sending.
  await db.sql('shop', `create table big as select n as id, repeat(md5(n::text), 32) as text from generate_series(1, 20000) n`);
  await db.sql(
    'other',
    'create table first (id int); create table last (id int); create view v as select * from first, last l(id2)',
  );
  uploads = await host.volume('uploads', { 'a.txt': 'a'.repeat(300_000), 'z.txt': 'z' });
  suite = await createSuite({
    host,
    suite: {
      sources: {
        databases: [
          { name: 'shop', container: db.container },
          { name: 'other', container: db.container },
        ],
        volumes: [{ name: 'uploads', volume: uploads.name }],
      },
    },
  });
});
afterAll(() => host.remove());
afterEach(async () => {
  await db.binaries.reset();
  await host.hostTool.reset();
});

/** Only the dump of the rows of `shop` goes wrong: not --version, not the schema, not the other database. */
const whenDumpingShop = (script: string) =>
  `if [[ " $* " == *' --format=custom '* && $PGDATABASE == shop ]]; then\n${script}\nfi\nexec "$REAL" "$@"`;

// Whether the server's own word still arrives is a race.
const SESSION_ENDED = /pg_dump of "shop" .*table "big" failed: .*(terminating connection|server closed the connection)/;

it('when the server ends the session half way', async () => {
  await db.binaries.replace(
    'pg_dump',
    whenDumpingShop(`"$REAL" "$@" | {
      head -c 100000
      psql -XAtqc "select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY public.big%'" </dev/null >/dev/null
      cat
    }
    exit "\${PIPESTATUS[0]}"`),
  );
  const { backup, alert } = await failedBackup(suite, 3, 'DumpFailed');
  expect(backup.error!.problems).toEqual([
    { path: 'database-shop', value: 'DumpFailed', message: expect.stringMatching(SESSION_ENDED) },
  ]);
  expect(backup.point!.sources).toEqual({ declared: 4, captured: 3, absent: 0, failed: 1 });
  expect(alert.message).toMatch(SESSION_ENDED);
});

it('when the client writes half and fails', async () => {
  await db.binaries.replace(
    'pg_dump',
    whenDumpingShop('"$REAL" "$@" | head -c 1000000\necho "pg_dump: out of memory" >&2\nexit 1'),
  );
  const { backup } = await failedBackup(suite, 3, 'DumpFailed');
  expect(backup.error!.message).toMatch(/1 of 4 sources was not captured whole.*database-shop.*out of memory/);
});

it('when the client is killed half way', async () => {
  await db.binaries.replace('pg_dump', whenDumpingShop('"$REAL" "$@" | head -c 1000000\nkill -KILL $$'));
  const { backup } = await failedBackup(suite, 3, 'DumpFailed');
  expect(backup.error!.problems).toMatchObject([{ path: 'database-shop', message: expect.stringContaining('"shop"') }]);
});

it('when the roles end early, though the client says that all is well', async () => {
  await db.binaries.replace('pg_dumpall', '"$REAL" "$@" | head -n 12\nexit 0');
  const { backup } = await failedBackup(suite, 3, 'GlobalsFailed');
  expect(backup.error!.problems).toMatchObject([
    { path: `globals-${db.container}`, message: expect.stringContaining('ends too early') },
  ]);
});

it('when dump, schema and archive are only half there and every tool says that all is well', async () => {
  await db.binaries.replace(
    'pg_dump',
    `case " $* $PGDATABASE" in
      *' --format=custom '*' shop') "$REAL" "$@" | head -c 1000000; exit 0 ;;
      *' --schema-only --snapshot='*' other') "$REAL" "$@" | sed '/Name: v;/,$d'; exit 0 ;;
    esac
    exec "$REAL" "$@"`,
  );
  await host.hostTool.replace(
    'tar',
    `[[ " $* " != *'${uploads.folder} '* ]] || { "$REAL" "$@" | head -c 150000; exit 0; }\nexec "$REAL" "$@"`,
  );
  const { backup } = await failedBackup(suite, 5, 'VerificationFailed');
  const { proofs } = (await succeed(suite, 'show', backup.point!.id)).json;
  const failed = proofs[0]!.checks.filter(({ ok }) => !ok);
  expect(failed.map(({ kind, source }) => `${kind} ${source}`)).toEqual(
    expect.arrayContaining(['restore shop', 'schema shop', 'table shop', 'schema other', 'files uploads']),
  );
  expect(new Set(failed.map(({ source }) => source))).toEqual(new Set(['shop', 'other', 'uploads']));
  expect(failed.find(({ kind, source }) => kind === 'restore' && source === 'shop')!.message).toMatch(
    /dump of "shop" ends too early/,
  );
  expect(failed.find(({ kind, name }) => kind === 'schema' && name.startsWith('VIEW'))!.message).toBe(
    'VIEW public.v is too many after the restore.',
  );
  expect(failed.find(({ kind }) => kind === 'files')!.message).toMatch(/uploads cannot be unpacked to its end/);
  expect(backup.error!.problems).toHaveLength(failed.length);
  expect(backup.point!.reason!.message).toMatch(/"shop" ends too early/);
});

it('when the archiver is killed half way', async () => {
  await host.hostTool.replace(
    'tar',
    `[[ " $* " != *'${uploads.folder} '* ]] || { "$REAL" "$@" | head -c 150000; kill -KILL $$; }\nexec "$REAL" "$@"`,
  );
  const { backup } = await failedBackup(suite, 3, 'ArchiveFailed');
  expect(backup.error!.problems).toMatchObject([{ path: 'volume-uploads', message: expect.stringContaining(uploads.name) }]);
});

it('and the next healthy backup is proven', async () => {
  await provenBackup(suite);
  const { points } = (await succeed(suite, 'list')).json;
  expect(points.map(({ restorable }) => restorable)).toEqual([true, ...Array(6).fill(false)]);
});
