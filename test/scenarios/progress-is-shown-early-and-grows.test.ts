import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;
let suite: Suite;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', 'create table orders as select id, md5(id::text) as code from generate_series(1, 60000) id');
  const databases = [{ name: 'shop', container: db.container, database: 'shop' }];
  suite = await createSuite({ host, suite: { sources: { databases } } });
  await suite.run('list');
});
afterAll(() => host.remove());

it('says something within two seconds, and the bytes of a source that takes twenty seconds grow before its eyes', async () => {
  await db.binaries.replace(
    'pg_dump',
    `[[ $* == *--format=custom* ]] || exec "$REAL" "$@"
exec cat < <("$REAL" "$@" | { for ((i = 0; i < 20; i++)); do head --bytes=100000; sleep 1; done; exec cat; })`,
  );
  const before = startOfAnEmptyProgram();
  const command = await suite.start('backup');
  const { exitCode, json } = await command.done;
  const emptyProgram = Math.max(before, startOfAnEmptyProgram());
  expect([exitCode, json.outcome]).toEqual([0, 'proven']);
  expect(command.lines[0]).toMatch(/^backup/);
  expect(command.times[0]).toBeLessThan(Math.max(2000, 25 * emptyProgram));

  const shown = command.lines.flatMap((line) => /… database-shop +([\d.]+ [kM]?B)\b/.exec(line)?.[1] ?? []);
  const bytes = shown.map(bytesOf);
  expect(new Set(bytes).size, command.lines.join('\n')).toBeGreaterThanOrEqual(4);
  expect(bytes).toEqual(bytes.toSorted((one, other) => one - other));
  expect(await host.leftovers()).toEqual([]);
});

/** Milliseconds that Node takes for nothing: 40 on a quiet machine. On a busy one the two seconds stretch with it. */
function startOfAnEmptyProgram(): number {
  const began = performance.now();
  execFileSync(process.execPath, ['--eval', '0']);
  return performance.now() - began;
}

function bytesOf(text: string): number {
  const [amount, unit] = text.split(' ');
  return Number(amount) * { B: 1, kB: 1e3, MB: 1e6 }[unit as 'B' | 'kB' | 'MB'];
}
