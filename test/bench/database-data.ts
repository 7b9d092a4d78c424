import type { Postgres } from '../support/test-host.ts';

/** What the tables hold at this number of rows: 699 MB on PostgreSQL 15, indexes included (measured). */
const MEASURED = { bytes: 699e6, orders: 1_500_000, attachments: 100_000 };

/**
 * Fills a database with rows that compress about as much as real ones do (609 MB of dump become 225 MB): words, JSON and hashes with two
 * indexes, and random bytes.
 */
export async function fillDatabase(postgres: Postgres, database: string, bytes: number): Promise<void> {
  const rows = (count: number) => Math.max(1, Math.round((count * bytes) / MEASURED.bytes));
  await postgres.sql(
    database,
    `select setseed(0.5);
     create table orders (
       id bigint primary key, customer text not null, note text not null, details jsonb not null, token text not null, placed timestamptz not null);
     insert into orders select n, 'customer ' || (random() * 5000)::int,
       'pump ' || md5(n::text) || ' valve ' || (random() * 1e6)::int || ' replaced after inspection, pressure within limits',
       jsonb_build_object('quantity', (random() * 100)::int, 'price', round((random() * 1000)::numeric, 2), 'tags', jsonb_build_array('a', 'b', n % 7)),
       md5(random()::text), '2026-01-01'::timestamptz + n * interval '20 seconds'
       from generate_series(1, ${rows(MEASURED.orders)}) n;
     create index on orders (customer);
     create index on orders (token);
     create table attachments (id bigint primary key, content bytea not null);
     insert into attachments select n,
       (select string_agg(sha512((n || '.' || part || '.' || random())::bytea), ''::bytea) from generate_series(1, 16) part)
       from generate_series(1, ${rows(MEASURED.attachments)}) n;
     vacuum analyze;`,
  );
}
