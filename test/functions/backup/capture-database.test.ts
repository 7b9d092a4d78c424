import { zstdDecompressSync } from 'node:zlib';
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
    'commit;') echo '{"kind":"table","name":"public.a","rows":1,"hash":"1","method":"record"}' ;;
    '\\echo '*) echo "\${line#* }" ;;
  esac
done
`;
const DUMP = 'the rows of the dump\n'.repeat(50_000);
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

function capture() {
  return machine.run('functions/backup/capture-database.sh', {
    container: encoded('db'),
    database: encoded('shop'),
    user: '',
    passwordVariable: '',
    fingerprint: 'hash',
    optional: 'false',
    plainSql: 'false',
    bucket: 'vault',
    prefix: 'shop/artifacts/id/',
    source: 'database-shop',
    attempt: 'a1',
    expectedBytes: '0',
    chunkBytes: '1000000',
  });
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
});
