import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { succeed } from '../support/backup-outcomes.ts';
import { createSuite } from '../support/cli.ts';
import type { Proof } from '../support/contract.ts';
import { createHost } from '../support/host.ts';
import { withClient } from '../support/login.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

const BACKUPS = 20;
/** Writes a second. */
const RATE = 200;

let host: TestHost;
let db: Postgres;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql(
    'shop',
    `create type state as enum ('new', 'paid', 'sent');
     create table orders (id bigserial primary key, state state not null default 'new', total numeric(12, 2), at timestamptz default clock_timestamp());
     create table lines (order_id bigint references orders on delete cascade, n int, note text, primary key (order_id, n));
     create table events (id int generated always as identity, state state, data bytea) partition by hash (state);
     create table events_0 partition of events for values with (modulus 2, remainder 0);
     create table events_1 partition of events for values with (modulus 2, remainder 1);
     insert into orders (total) select n from generate_series(1, 1000) n;
     insert into lines select id, 1, 'first' from orders;`,
  );
});
afterAll(() => host.remove());

/**
 * What each client writes, in turn; rows come and go at the same rate. Three clients, because one that waits for every answer cannot keep
 * the rate when an answer takes longer than 5 ms, and no two that delete from the same table, because those could wait for each other.
 */
const CLIENTS = [
  [
    `with made as (insert into orders (total) values (random() * 1000) returning id) insert into lines select id, n, 'line ' || n from made, generate_series(1, 3) n`,
    `update lines set note = note || '.' where order_id = (select max(id) from orders)`,
  ],
  [
    `update orders set state = 'paid', total = total + 1 where id = (select min(id) from orders where state = 'new')`,
    'delete from orders where id = (select min(id) from orders)',
  ],
  [
    `insert into events (state, data) select state, decode(md5(random()::text), 'hex') from unnest(enum_range(null::state)) state`,
    'delete from events where id in (select id from events order by id limit 3)',
  ],
];

/** Writes its share of the rate until it is told to end; gives how many writes it made, and in how many seconds. */
async function write(
  client: Client,
  statements: readonly string[],
  until: AbortSignal,
): Promise<{ done: number; seconds: number }> {
  const began = performance.now();
  let done = 0;
  while (!until.aborted) {
    await client.query(statements[done++ % statements.length]!);
    const ahead = (done * 1000 * CLIENTS.length) / RATE - (performance.now() - began);
    if (ahead > 0) await pause(ahead);
  }
  return { done, seconds: (performance.now() - began) / 1000 };
}

// Never tried again: one unproven backup in twenty is what it is there to find.
it('each with what its own snapshot held', { timeout: 1_800_000, retry: 0 }, async () => {
  // No schedules: its engine stays for long, and a backup of theirs would be one too many.
  const sources = { databases: [{ name: 'shop', container: db.container }] };
  const suite = await createSuite({ host, suite: { sources, schedules: {} } });
  // One engine for all of them: its agents stay warm, as they do on AWS.
  const engine = await suite.start('local');
  const ending = new AbortController();
  const written = Promise.all(
    CLIENTS.map((statements) => withClient(db.client('shop'), (client) => write(client, statements, ending.signal))),
  );
  // A write that fails must fail the test, even while a backup runs; it is waited for below.
  written.catch(() => ending.abort());
  try {
    await engine.waitForLine(/the engine of \S+ runs/);
    for (let backup = 0; backup < BACKUPS && !ending.signal.aborted; backup++) {
      expect((await succeed(suite, 'backup')).json.outcome).toBe('proven');
    }
  } finally {
    ending.abort();
    engine.signal('SIGINT');
    await engine.done;
  }
  expect(await host.leftovers()).toEqual([]);
  const rate = (await written).reduce((sum, { done, seconds }) => sum + done / seconds, 0);
  expect(rate, 'writes a second').toBeGreaterThan(RATE * 0.4);

  const { points } = (await succeed(suite, 'list')).json;
  expect(points.map(({ state, restorable }) => `${state} ${restorable}`)).toEqual(Array(BACKUPS).fill('proven true'));
  expect(await alertsOf(suite.home)).toEqual([]);
  const [newest, oldest] = await Promise.all(
    [points.at(0)!, points.at(-1)!].map(async ({ id }) => (await succeed(suite, 'show', id)).json.proofs[0]!),
  );
  expect(foundIn(newest!, 'public.orders'), 'the rows really moved').not.toEqual(foundIn(oldest!, 'public.orders'));
  const sequence = newest!.checks.find(({ name }) => name === 'public.orders_id_seq')!.expected as { from: string; to: string };
  expect(Number(sequence.to), 'even while the dump ran').toBeGreaterThan(Number(sequence.from));
});

function foundIn(proof: Proof, table: string): unknown {
  return proof.checks.find(({ name }) => name === table)!.actual;
}
