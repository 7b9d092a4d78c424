/*
 * One statement per table and large-object store; each, run in the same snapshot, answers one line of JSON. psql runs them with \gexec,
 * an agent one by one: the same text on both sides of a comparison.
 *
 * The hash is a sum over rows, so the order in which a restore puts them does not matter. Columns are taken by name, because inheritance
 * may give a restored table another column order. Two methods, recorded with the result:
 *   record  hash_record_extended, 2-8 times as fast, only for types whose hash tells all bytes apart and does not depend on OIDs
 *           (an enum's does; numeric hashes 1.0 and 1.00 alike)
 *   text    the hash of the row's text, for everything else
 * Partitioned tables are hashed through their root, since a restore may route rows to other hash partitions.
 */
with mode as (
  select coalesce(current_setting('suite_backup.fingerprint', true), 'hash') as wanted, current_setting('server_version_num')::int as version
),
root as (
  select c.oid, c.relkind, n.nspname, c.relname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
    and not exists (
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        and not exists (select from pg_extension e where c.oid = any (e.extconfig)))
),
-- A tree with a foreign leaf cannot be read through its root without asking the foreign server: its local leaves stand for it.
foreign_tree as (
  select r.oid from root r
  where r.relkind = 'p'
    and exists (select from pg_partition_tree(r.oid) p join pg_class l on l.oid = p.relid where l.relkind = 'f')
),
target as (
  select r.* from root r join pg_class c on c.oid = r.oid
  where case
    when exists (select from foreign_tree f where f.oid = r.oid) then false
    when not c.relispartition then true
    else r.relkind = 'r' and exists (select from pg_partition_ancestors(r.oid) a join foreign_tree f on f.oid = a.relid)
  end
),
condition as (
  select e.extconfig[i] as oid, e.extcondition[i] as clause
  from pg_extension e, generate_subscripts(e.extconfig, 1) i
),
columns as (
  select t.oid,
    coalesce(string_agg('t.' || quote_ident(a.attname), ', ' order by a.attname collate "C") filter (where a.attnum > 0), '') as list,
    coalesce(bool_and(
      a.atttypid in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'date'::regtype, 'time'::regtype,
        'timestamp'::regtype, 'timestamptz'::regtype, 'bytea'::regtype, 'text'::regtype, 'varchar'::regtype)
      and coalesce((select l.collisdeterministic from pg_collation l where l.oid = a.attcollation), true)), false) as stable
  from target t left join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  group by t.oid
),
plan as (
  select quote_ident(t.nspname) || '.' || quote_ident(t.relname) as name, t.relkind, c.list, k.clause,
    case when m.wanted = 'count' then 'count' when c.stable and m.version >= 140000 then 'record' else 'text' end as method
  from target t join columns c using (oid) cross join mode m left join condition k on k.oid = t.oid
)
select format(
  'select json_build_object(''kind'', ''table'', ''name'', %L, ''rows'', count(*), ''hash'', %s, ''method'', %L) from %s%s t %s',
  name,
  case method
    when 'count' then 'null'
    when 'record' then format('coalesce(sum(hash_record_extended(row(%s), 0)), 0)::text', list)
    else format('coalesce(sum(hashtextextended(row(%s)::text, 0)), 0)::text', list)
  end,
  method, case relkind when 'r' then 'only ' else '' end, name, coalesce(clause, ''))
from plan
union all
-- Pages that hold nothing and zeros at a page's end are left out, because a restore writes them and a sparse original need not have them;
-- each object's length is hashed beside its pages instead.
select format(
  'select json_build_object(''kind'', ''large-objects'', ''count'', (select count(*) from pg_largeobject_metadata), ''hash'', %s)',
  case
    when wanted = 'count' then 'null'
    -- Without large objects nobody needs the right to read them, which only superusers have.
    when not has_table_privilege('pg_largeobject', 'select') and not exists (select from pg_largeobject_metadata) then '0::text'
    else
    '(select coalesce(sum(hash), 0)::text from (
        select hashtextextended(loid || '':'' || pageno || '':'' || rtrim(encode(data, ''hex''), ''0''), 0) as hash from pg_largeobject
          where encode(data, ''hex'') ~ ''[^0]''
        union all
        select hashtextextended(loid || '':'' || max(pageno::bigint * 2048 + length(data)), 0) from pg_largeobject group by loid) pages)'
  end)
from mode
