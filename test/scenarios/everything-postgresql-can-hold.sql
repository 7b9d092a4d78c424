-- What a dump, a restore and a comparison of the two must all get right. Run by everything-postgresql-can-hold-is-proven.test.ts.

create role reader; create role writer login; create role auditor bypassrls; create role owner_of_things;
grant reader to writer with admin option; grant pg_monitor to auditor; grant owner_of_things to writer;
alter role writer set statement_timeout = '5s'; alter role writer in database everything set search_path = shop, public;
alter role writer valid until '2030-01-01' connection limit 5;
comment on role reader is 'only reads; -- nothing else';
create schema shop authorization owner_of_things;
alter default privileges for role owner_of_things in schema shop grant select on tables to reader;
alter default privileges grant execute on functions to reader;
set role owner_of_things; create table shop.by_default (id int); reset role;
alter database everything set work_mem = '5MB'; grant temporary on database everything to reader; revoke connect on database everything from public;

create extension pgcrypto; create extension hstore; create extension citext schema shop; create extension pg_trgm; create extension btree_gist;
create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.9', dbname 'x');
create user mapping for current_user server elsewhere options (user 'u', password 'p');
create foreign table far_away (id int) server elsewhere;

-- settings of the database that decide how constants and names are written
alter database everything set timezone = 'Asia/Kolkata'; alter database everything set bytea_output = 'escape'; alter database everything set quote_all_identifiers = on;
alter database everything set intervalstyle = 'iso_8601';
create table by_time (at timestamptz default '2026-01-01 00:00+00', raw bytea default '\x00ff', span interval default '1 day 2 hours') partition by range (at);
create table by_time_1 partition of by_time for values from ('2026-01-01 00:00+00') to (maxvalue); insert into by_time default values;
create view recent as select lower(raw::text) as t from by_time where at > '2026-02-01 00:00+00'::timestamptz and raw <> '\xdead'::bytea;

-- types
create type mood as enum ('sad', 'ok', 'happy'); alter type mood add value 'better than ok' after 'ok';
create domain positive as numeric(12, 3) check (value > 0); create domain code as varchar(10) not null check (value in ('a', 'b', 'c'));
create type address as (street text, number int, moods mood[]);
create type span as range (subtype = float8, subtype_diff = float8mi);
create collation german (provider = icu, locale = 'de-u-co-phonebk'); create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create function mood_text(mood) returns text language sql immutable as $$ select case $1 when 'sad' then 'very sad' else 'fine' end $$;
create table kinds (
  id int generated always as identity primary key, mood mood, moods mood[] default '{ok}', p positive, c code default 'a', a address, list address[],
  doc json, docb jsonb, h hstore, ci shop.citext, x xml, u uuid default gen_random_uuid(), grid int[][], r int4range, mr int4multirange, sp span, ts tsvector,
  q tsquery, ip inet, net cidr, mac macaddr, bits bit(7), vbits varbit, pt point, poly polygon, m money, ti time, ttz timetz, n name, ch char(5), oid oid, sys "char",
  rc regclass, lsn pg_lsn, upper_name text generated always as (upper(mood_text(mood))) stored, german text collate german, nocase text collate nocase
);
insert into kinds (mood, p, a, list, doc, docb, h, ci, x, grid, r, mr, sp, ts, q, ip, net, mac, bits, vbits, pt, poly, m, ti, ttz, n, ch, oid, sys, rc, lsn, german, nocase) values
  ('better than ok', 1.500, row('Main "street", (old)', 7, '{sad,NULL}'), array[row('a\b', null, null)::address, null], '{"b": 1,  "a": 1, "b": 2}',
   '{"b": 1.00, "a": [null, "\u00e9\ud83d\ude00", "\\"]}', 'a=>NULL, "b c"=>"d\"e"', 'CaSe', '<a b="1">&lt;é</a>', '[2:3][0:1]={{1,2},{3,NULL}}', '(,5]', '{[1,2),[5,)}', '[1.5,2.5)',
   'a:1A b:2', 'a & !b', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', B'1010101', B'1', '(1e-300,-0)', '((0,0),(1,1),(1e10,0))', '-1234.56', '24:00', '23:59:59.999999+15:59',
   'name', 'ab', 4294967295, 'x', 'pg_class', 'FFFFFFFF/FFFFFFFF', 'Ärger', 'NoCase');
insert into kinds (mood) values ('sad'), (null);
create table numbers (f4 float4, f8 float8, n numeric, s smallint, b bigint, i interval, t timestamp, tz timestamptz, d date, y bytea, txt text, vc varchar(3), bo bool);
insert into numbers values
  ('NaN', 'NaN', 'NaN', -32768, -9223372036854775808, '-178000000 years', '-infinity', '-infinity', '-infinity', '\x', '', '', null),
  ('Infinity', '-Infinity', 'Infinity', 32767, 9223372036854775807, '178000000 years -1 mons 1 day -0.000001 sec', 'infinity', 'infinity', 'infinity', '\x00ff5c27', E'\\N', 'é名', true),
  ('-0', '-0', '-0.000', 0, 0, '0', '4713-01-01 00:00:00 BC', '4714-11-24 00:00:00+00 BC', '4713-01-01 BC', '\x5c4e0a', E'\\.', E'\t', false),
  (1.17549435e-38, 2.2250738585072014e-308, 1.00, 1, 1, '1 mon 30 days 24:00:00', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '5874897-12-31', decode(repeat('00', 5000), 'hex'), E'\r\n\t\b\f\v\x01\x7f\\\\\'"', null, null),
  (3.4028235e38, 1.7976931348623157e308, 1.0, 2, 2, null, null, '2026-10-25 01:30:00+00', null, null, U&'\0085\2028\+01F600\FEFF', null, null),
  (0.1, 0.1, 123456789012345678901234567890.123456789012345678901234567890, 3, 3, null, null, null, null, null, repeat('long é ', 100000), null, null);
insert into numbers (n) select ('1e-' || n)::numeric from generate_series(1, 16000, 4000) n;
insert into numbers (n) values (repeat('9', 130000)::numeric);

-- expressions that PostgreSQL writes differently after a restore
create table expressions (status varchar(20) check (status in ('new', 'done')), kind char(3) check (kind not in ('a', 'b')), v int check (v between 1 and 5), e mood check (e in ('sad', 'ok')),
  day date default current_date check (day > '2000-01-01'), constraint odd check ((status::text || 'x') ~ '^[a-z]+$'), exclude using gist (v with =, status with <>));
insert into expressions values ('new', 'c', 3, 'ok', '2026-01-01');
create view shorter as select * from expressions where status in ('new', 'done') and kind <> all (array['x'::char(3), 'y']) and v in (1, 2, 3);
create index partial on expressions (lower(status)) where status in ('new', 'done');
create unique index distinct_nulls on expressions (status, kind) include (v);
create statistics related (dependencies, ndistinct) on status, kind from expressions;

-- sequences
create table serials (a serial, b bigserial, c int generated by default as identity (start 100 increment -5 minvalue -1000 maxvalue 1000 cycle));
insert into serials default values; insert into serials default values;
create sequence unused start 42; create sequence descending increment -3 start -1; select nextval('descending'), nextval('descending');
create sequence cached cache 20 maxvalue 99999999999; select nextval('cached'); create unlogged table fast (id serial, t text); insert into fast (t) values ('kept');
select setval('unused', 41, true);

-- partitions and inheritance
create table by_range (id int, at date, primary key (id, at)) partition by range (at);
create table by_range_1 partition of by_range for values from (minvalue) to ('2026-01-01');
create table by_range_2 (at date not null, junk int, id int not null); alter table by_range_2 drop column junk; alter table by_range attach partition by_range_2 for values from ('2026-01-01') to ('2027-01-01');
create table by_range_rest partition of by_range default partition by list (id); create table by_range_rest_1 partition of by_range_rest default;
insert into by_range select n, date '2025-12-01' + n * 30 from generate_series(1, 40) n;
create table by_list (m mood, t text) partition by list (m); create table by_list_sad partition of by_list for values in ('sad', null); create table by_list_rest partition of by_list default;
insert into by_list values ('sad', 'a'), (null, 'b'), ('ok', 'c');
create table by_hash (m mood, n int) partition by hash (m, n);
create table by_hash_0 partition of by_hash for values with (modulus 3, remainder 0); create table by_hash_1 partition of by_hash for values with (modulus 3, remainder 1);
create table by_hash_2 partition of by_hash for values with (modulus 3, remainder 2);
insert into by_hash select (enum_range(null::mood))[1 + n % 4], n from generate_series(1, 200) n;
create table with_far (id int, t text) partition by range (id); create table with_far_1 partition of with_far for values from (0) to (10);
create foreign table with_far_2 partition of with_far for values from (10) to (20) server elsewhere; insert into with_far values (1, 'near');
create table parent (a int, b text); create table other_parent (c int); create table child (c int, d date, b text) inherits (parent, other_parent); alter table parent add column late int default 7;
insert into parent values (1, 'p'); insert into child (a, b, c, d) values (2, 'child', 3, '2026-01-01');
create table dropped (a int, b int, c text); alter table dropped drop column b; insert into dropped values (1, 'c'); alter table dropped add column d int default 5;

-- tables that point at each other, without columns, with rules
create table self (id int primary key, parent int references self deferrable initially deferred); insert into self values (1, 2), (2, 1);
create table hen (id int primary key, egg int); create table egg (id int primary key, hen int not null references hen); alter table hen add foreign key (egg) references egg on delete set null not valid;
insert into hen values (1, null); insert into egg values (10, 1); update hen set egg = 10;
create table nothing (); insert into nothing default values; insert into nothing default values;
create table only_dropped (a int); insert into only_dropped values (1), (2); alter table only_dropped drop column a;
do $$ begin execute 'create table widest (' || (select string_agg('c' || n || ' smallint', ', ') from generate_series(1, 1600) n) || ')'; end $$;
insert into widest (c1, c1600) values (1, 1600), (2, null);
create table of_type of address; insert into of_type values ('s', 1, null);
create view editable as select id, parent from self where id > 0 with cascaded check option; create rule ignored as on delete to editable do instead nothing;
create materialized view summary as select mood, count(*) as many from kinds group by mood; create unique index on summary (mood); refresh materialized view summary;
create materialized view unfilled as select 1 as one with no data;
create recursive view counting (n) as values (1) union all select n + 1 from counting where n < 3;

-- code
create function add(a int, b int default 2, variadic more int[] default '{}') returns int language plpgsql strict parallel safe cost 7 set work_mem = '1MB' as $fn$
-- Name: confusing; Type: TABLE; Schema: public; Owner: nobody
begin return a + b; end $fn$;
create function add(a text, b text) returns text return a || b;
create procedure noop() language sql begin atomic select 1; end;
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0'); create operator === (leftarg = int, rightarg = int, function = int4eq, commutator = ===);
create cast (mood as int) with inout;
create function touch() returns trigger language plpgsql as $$ begin new.t = coalesce(new.t, 'touched'); return new; end $$;
create trigger touch before insert or update on fast for each row when (new.id > 0) execute function touch(); alter table fast disable trigger touch;
create table log (at timestamptz default now(), what text);
create function log_ddl() returns event_trigger language plpgsql as $$ begin insert into public.log (what) values (tg_tag); end $$;
create event trigger on_ddl on ddl_command_end when tag in ('CREATE TABLE', 'CREATE INDEX') execute function log_ddl();
create table noticed (id int primary key); alter event trigger on_ddl disable;

-- rights
create table private (id int, who name default current_user, secret text); alter table private enable row level security, force row level security;
create policy own on private as restrictive for select to reader, writer using (who = current_user); insert into private values (1, 'writer', 'x'), (2, 'nobody', 'y');
grant select (id), update (secret) on private to reader with grant option; grant all on private to writer; grant usage on schema shop to public; grant usage on sequence unused to reader;
grant execute on procedure noop() to reader; revoke execute on function add(text, text) from public; grant usage on type mood to reader; grant usage on foreign server elsewhere to reader;
comment on column private.secret is E'line\n-- Name: x; Type: TABLE; Schema: -; Owner: -\n''quoted'''; comment on table private is 'Ünïcode'; comment on extension hstore is 'own words';
comment on constraint odd on expressions is 'c'; comment on policy own on private is 'p';

-- large objects
select lo_from_bytea(0, decode(repeat('0102ff00', 3000), 'hex')); select lo_create(70001); select lo_from_bytea(70002, '\x616263');
do $$ declare fd int := lo_open(lo_create(70003), 393216); begin perform lowrite(fd, 'sparse'); perform lo_lseek64(fd, 9000, 0); perform lowrite(fd, '\x00ff00'); perform lo_close(fd); end $$;
do $$ begin perform lo_truncate64(lo_open(lo_create(70004), 131072), 5000); end $$;
grant select on large object 70002 to reader; comment on large object 70002 is 'large'; alter large object 70001 owner to owner_of_things;

-- replication, storage and search
create publication everything_of for all tables; create subscription from_elsewhere connection 'host=127.0.0.9 dbname=x' publication anything with (connect = false, slot_name = none);
create publication part_of for table kinds (id, mood), numbers where (s > 0);
create table stored (a text, b text compression pglz, c int) with (fillfactor = 70, autovacuum_enabled = false); alter table stored alter a set storage external, alter c set statistics 500; alter table stored replica identity full;
insert into stored values (repeat('a', 10000), repeat('b', 10000), 1);
create index gin_trgm on numbers using gin (txt gin_trgm_ops) where length(txt) < 1000; create index hashed on numbers using hash (vc); alter table self cluster on self_pkey;
create text search configuration simple_too (copy = simple); create text search dictionary words (template = simple, stopwords = english);
create table in_space (id int) tablespace elsewhere_on_disk; insert into in_space values (1); create index in_space_too on in_space (id) tablespace elsewhere_on_disk;
