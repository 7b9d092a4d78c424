import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { encoded, HostMachine } from '../host-machine.ts';

/** One container, whose processes run right here. */
const DOCKER = `#!/bin/bash
case $1 in
  inspect) case $* in
    *.State.Running*) echo true sha256:1 ;;
    *) echo '{"name":"db","id":"1","image":"postgres","imageId":"sha256:1","imageDigests":null,"labels":null}' ;;
  esac ;;
  image) exit 1 ;;
  exec)
    shift
    while [[ $1 == -* ]]; do
      case $1 in
        --env) export "\${2?}"; shift 2 ;;
        --user) shift 2 ;;
        *) shift ;;
      esac
    done
    shift
    exec "$@" ;;
esac
`;
/** A server with one table of one row: to any other question it has no rows. */
const PSQL = `#!/bin/bash
if [[ $* == *'select 1'* ]]; then echo 1; exit; fi
if [[ $* == *server_version_num* ]]; then
  printf '%s\\n' 15 '{"version":"15.1","versionNumber":150001,"bootstrapUser":"postgres","sharedPreloadLibraries":"","encoding":"UTF8"}'
  exit
fi
declare -A answers=([snapshot]=00000003-1 [tables]=1 [size]=1000 [hash-partitions]=0)
while IFS= read -r line; do
  if [[ $line =~ "select '"([a-z-]+)" ' ||" && \${answers[\${BASH_REMATCH[1]}]} ]]; then
    echo "\${BASH_REMATCH[1]} \${answers[\${BASH_REMATCH[1]}]}"
  fi
  case $line in
    *'lock table only'*) touch "$STORED/locked.part" ;;
    'commit;') echo '{"kind":"table","name":"public.a","rows":1,"hash":"1","method":"record"}' ;;
    '\\echo '*) echo "\${line#* }" ;;
  esac
done
`;
const DUMP = 'the rows of the dump\n'.repeat(50_000);
const PLAIN = 'select 1;\n'.repeat(50_000);
const dumpThat = (ends: string, schemaEnds = 'exit 0') => `#!/bin/bash
case $* in
  *--version*) echo 'pg_dump (PostgreSQL) 15.1' ;;
  *--snapshot=00000003-1*--schema-only* | *--schema-only*--snapshot=00000003-1*)
    echo 'create table a();'
    ${schemaEnds} ;;
  *--snapshot=00000003-1*)
    echo 'pg_dump: saving encoding = UTF8' >&2
    yes 'the rows of the dump' | head -n 50000
    ${ends} ;;
  *) echo 'pg_dump: error: in no snapshot, or in another' >&2; exit 1 ;;
esac
`;

const machine = new HostMachine({ docker: DOCKER, psql: PSQL });
afterAll(() => machine.remove());
beforeEach(() => machine.tool('pg_dump', dumpThat('exit 0')));

function capture(plainSql = false, lacking: string[] = []) {
  const parameters = {
    container: encoded('db'),
    database: encoded('shop'),
    user: '',
    passwordVariable: '',
    fingerprint: 'hash',
    optional: 'false',
    plainSql: String(plainSql),
    bucket: 'vault',
    prefix: 'shop/artifacts/id/',
    source: 'database-shop',
    attempt: 'a1',
    expectedBytes: '0',
    chunkBytes: '1000000',
  };
  return machine.run('functions/backup/capture-database.sh', parameters, lacking);
}

describe('a database', () => {
  it('is stored as its schema, its dump and the fingerprint of the same snapshot', () => {
    const { status, said, log } = capture();
    expect({ status, error: said.error }, log).toEqual({ status: 0, error: undefined });
    expect(said.artifacts!.map(({ role }) => role)).toEqual(['schema', 'dump', 'fingerprint']);
    expect(zstdDecompressSync(machine.object('database-shop.a1.dump.zst')).toString()).toBe(DUMP);
    expect(JSON.parse(machine.object('database-shop.a1.fingerprint.json').toString()).entries).toHaveLength(1);
    expect(machine.leftovers).toEqual([]);
  });

  it.each([
    ['fails after its last byte', 'echo "pg_dump: error: lost synchronization" >&2; exit 1', 'lost synchronization'],
    ['is killed', 'kill -KILL $$', 'did not come to its end'],
  ])('whose pg_dump %s has no dump in the vault', (_, ends, message) => {
    machine.tool('pg_dump', dumpThat(ends));
    const { status, said } = capture();
    expect(status).toBeGreaterThan(0);
    expect(said.error).toMatchObject({ name: 'DumpFailed', message: expect.stringContaining(message) });
    expect(machine.stored).not.toContain('database-shop.a1.dump.zst');
    expect(machine.leftovers).toEqual([]);
  });

  it('whose schema cannot be told to its end is not stored', () => {
    machine.tool('pg_dump', dumpThat('exit 0', 'echo "no right to look" >&2; exit 1'));
    expect(capture().said.error).toMatchObject({ name: 'DumpFailed', message: expect.stringContaining('no right to look') });
    expect(machine.stored).toEqual([]);
  });

  describe('that is wanted as plain SQL, too,', () => {
    const plainThat = (begins: string, ends: string, dumpEnds = 'exit 0') =>
      dumpThat(dumpEnds).replace(
        'case $* in\n',
        `case $* in\n  *--no-owner*--no-privileges*--snapshot=00000003-1*)
    ${begins}
    yes 'select 1;' | head -n 50000
    ${ends} ;;\n`,
      );

    it('is stored twice, both times of the same snapshot', () => {
      machine.tool('pg_dump', plainThat('', 'exit 0'));
      const { status, said, log } = capture(true);
      expect({ status, error: said.error }, log).toEqual({ status: 0, error: undefined });
      expect(said.artifacts!.map(({ role }) => role)).toEqual(['schema', 'dump', 'plain-sql', 'fingerprint']);
      expect(said.artifacts!.map(({ compression }) => compression)).toEqual(['zstd', 'zstd', 'gzip', 'none']);
      expect(zstdDecompressSync(machine.object('database-shop.a1.dump.zst')).toString()).toBe(DUMP);
      expect(gunzipSync(machine.object('database-shop.a1.plain.sql.gz')).toString()).toBe(PLAIN);
      expect(machine.leftovers).toEqual([]);
    });

    it('is locked by us only when both dumps hold their locks: somebody who waits for us would hold up the second', () => {
      // The first says that it has them, and goes on until somebody has locked too early, or a second long; then the second gets its own.
      const [locked, dumped, holds] = ['locked.part', 'dumped', 'holds'].map((name) => `"$STORED/${name}"`);
      const first = `for i in {1..20}; do [[ -e ${locked} ]] || sleep 0.05; done; touch ${dumped}; exit 0`;
      const second = `until [[ -e ${dumped} ]]; do sleep 0.05; done; [[ -e ${locked} ]] || touch ${holds}`;
      machine.tool('pg_dump', plainThat(second, 'exit 0', first));
      const { status, log } = capture(true);
      expect(status, log).toBe(0);
      expect(machine.stored).toContain('holds');
    });

    it.each([
      ['cannot get its locks', 'echo "pg_dump: error: canceling statement due to lock timeout" >&2; exit 1', '', 'lock timeout'],
      ['fails after its last byte', '', 'echo "pg_dump: error: lost synchronization" >&2; exit 1', 'lost synchronization'],
      ['is killed', '', 'kill -KILL $$', 'as plain SQL did not come to its end'],
    ])('has no plain SQL in the vault when that dump %s', (_, begins, ends, message) => {
      machine.tool('pg_dump', plainThat(begins, ends));
      const { status, said } = capture(true);
      expect(status).toBeGreaterThan(0);
      expect(said.error).toMatchObject({ name: 'DumpFailed', message: expect.stringContaining(message) });
      expect(machine.stored).toEqual(['database-shop.a1.dump.zst', 'database-shop.a1.schema.sql.zst']);
      expect(machine.leftovers).toEqual([]);
    });

    it('does not wait for that dump when gzip has ended', () => {
      machine.tool('pg_dump', plainThat('', 'exit 0'));
      machine.tool('gzip', '#!/bin/bash\nhead -c 1000 >/dev/null\nexit 1\n');
      const { said } = capture(true);
      machine.tool('gzip', null);
      expect(said.error).toMatchObject({ name: 'DumpFailed' });
      expect(machine.stored).not.toContain('database-shop.a1.plain.sql.gz');
      expect(machine.leftovers).toEqual([]);
    });

    it('is not begun without gzip, which is told with whatever else is missing', () => {
      const { said } = capture(true, ['gzip', 'split']);
      expect(said.error).toEqual({ name: 'ToolMissing', message: 'The host lacks: split gzip.' });
      expect(machine.stored).toEqual([]);
      expect(capture(false, ['gzip']).said.error).toBeUndefined();
    });
  });
});
