import { execFileSync } from 'node:child_process';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { encoded, HostMachine } from '../host-machine.ts';

/** One container, whose processes run right here. */
const DOCKER = `#!/bin/bash
case $1 in
  inspect) case $* in
    *.State.Running*) echo true ;;
    *.Config*) echo '{"name":"db","id":"1","image":"postgres","imageId":"sha256:1","imageDigests":null,"labels":null}' ;;
    *) echo sha256:1 ;;
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
/** A server with one table of one row: answers what the document asks of it, and nothing else. */
const PSQL = `#!/bin/bash
if [[ $* == *'select 1'* ]]; then echo 1; exit; fi
if [[ $* == *server_version_num* ]]; then
  printf '%s\\n' 15 '{"version":"15.1","versionNumber":150001,"bootstrapUser":"postgres","sharedPreloadLibraries":"","encoding":"UTF8"}'
  exit
fi
while IFS= read -r line; do
  case $line in
    *'pg_export_snapshot()'*) echo 'snapshot 00000003-1' ;;
    *'hash-partitions '*) echo 'hash-partitions 0' ;;
    *"'tables '"*) echo "tables \${TABLES:-1}" ;;
    'commit;') echo '{"kind":"table","name":"public.a","rows":1,"hash":"1","method":"record"}' ;;
    '\\echo '*) echo "\${line#* }" ;;
  esac
done
`;
const DUMP = 'the rows of the dump\n'.repeat(50_000);
const dumpThat = (ends: string) => `#!/bin/bash
case $* in
  *--version*) echo 'pg_dump (PostgreSQL) 15.1' ;;
  *--schema-only*) echo 'create table a();' ;;
  *)
    echo 'pg_dump: saving encoding = UTF8' >&2
    yes 'the rows of the dump' | head -n 50000
    ${ends} ;;
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
    expect(
      execFileSync('zstd', ['--decompress', '--stdout'], { input: machine.object('database-shop.a1.dump.zst') }).toString(),
    ).toBe(DUMP);
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
});
