# Sourced by restore-tables.sh: how the loaded tables get from the temporary database $beside into the live one.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# side_by_side: the tables become schema $schema of the live database, in one transaction. What they inherit from stays behind, or they
# would answer queries of the live tables; two of one name are told apart by their old schema.
side_by_side() {
  {
    echo "begin; set search_path = '';"
    asked_tables
    cat <<'SQL'
create temp table moved as
with tables as (select relid as oid from asked a, lateral (select a.oid union select relid from pg_partition_tree(a.oid)) t (relid)),
everything as (
  select oid from tables
  union select i.indexrelid from pg_index i join tables t on t.oid = i.indrelid
  union select d.objid from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join tables t on t.oid = d.refobjid
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
)
select e.oid, t.oid is not null as is_table, c.relispartition and t.oid is not null as is_partition, n.nspname,
  case count(*) over (partition by c.relname) when 1 then c.relname else n.nspname || '_' || c.relname end as name, c.relname
from everything e left join tables t using (oid) join pg_class c on c.oid = e.oid join pg_namespace n on n.oid = c.relnamespace;
select format(case when m.is_partition then 'alter table %s detach partition %s' else 'alter table %2$s no inherit %1$s' end, i.inhparent::regclass, m.oid::regclass)
from moved m join pg_inherits i on i.inhrelid = m.oid where m.is_table and i.inhparent not in (select oid from moved) \gexec
select format('alter table %I.%I rename to %I', nspname, relname, name) from moved where name <> relname \gexec
select format('create schema %I', :'schema'), format('comment on schema %I is %L', :'schema', :'mark') \gexec
select format('alter table %I.%I set schema %I', nspname, name, :'schema') from moved where is_table \gexec
commit;
SQL
  } | ask "$beside" -v "schema=$schema" -v "mark=$mark" >/dev/null 2>"$work/errors" || judge_tables 'The tables could not be moved into a schema of their own.'
  # Without the last word of a dump that came to its end nothing is done.
  {
    echo 'begin;'
    on "$beside" pg_dump --schema="\"${schema//\"/\"\"}\"" --strict-names --no-owner --no-privileges --no-publications --no-password </dev/null 2>"$work/dump-errors" &&
      echo 'commit;'
  } | ask "$database" >/dev/null 2>"$work/errors" || judge_tables "The tables could not be put beside the others. $(said "$work/dump-errors")"
}

# copies: for each table how its rows are written into the live database and how they are read here, NUL after each.
copies() {
  {
    echo "set search_path = '';"
    asked_tables
    cat <<'SQL'
select 'copy ' || name || coalesce(' (' || list || ')', '') || ' from stdin', format('copy (select %s from %s) to stdout', list, target)
from (select line, name, target, (select string_agg(quote_ident(attname), ', ' order by attname) from pg_attribute t
  where t.attrelid = a.oid and t.attnum > 0 and not t.attisdropped and t.attgenerated = '') as list from asked a) l order by line
SQL
  } | ask "$beside" --record-separator-zero --field-separator-zero
}

# sequences: statements that move the live sequences of the tables to where the restored ones stand, if they are not beyond.
sequences() {
  {
    echo "set search_path = '';"
    asked_tables
    cat <<'SQL'
select format($$select format('select pg_catalog.setval(%%L, %s) from %%s where %s or last_value = %s and not is_called', s, s)
  from pg_catalog.pg_get_serial_sequence(%L, %L) s where s is not null \gexec$$,
  l, case when q.seqincrement > 0 then 'last_value < ' || l else 'last_value > ' || l end, l, a.name, t.attname)
from asked a join pg_depend d on d.refobjid = a.oid and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  join pg_sequence q on q.seqrelid = d.objid join pg_attribute t on t.attrelid = a.oid and t.attnum = d.refobjsubid
  cross join pg_sequence_last_value(q.seqrelid) l
where l is not null
SQL
  } | ask "$beside"
}

# replacement: what the live database is told. It says `commit` only if everything that was read came to its end.
replacement() {
  local i
  printf '%s\n' "set search_path = ''; set row_security = off;" 'begin;' "set local lock_timeout = '60s';"
  asked_tables
  cat <<'SQL'
-- The tables, and those at the other end of a foreign key: nobody writes there meanwhile; reading goes on.
select format('lock table %s in share row exclusive mode', name) from (
  select name from asked
  union select o::regclass::text from asked a join pg_constraint k on k.contype = 'f' and a.oid in (k.conrelid, k.confrelid)
    cross join unnest(array[k.conrelid, k.confrelid]) o
) l order by name \gexec
select format('create schema %I', :'previous'), format('comment on schema %I is %L', :'previous', :'mark') \gexec
SQL
  printf '%s\n' "$FOREIGN_KEYS_SQL"
  cat <<'SQL'
-- What was broken already may be put back as it was.
select format('comment on schema %I is %L', :'previous', :'mark' || ' orphans') where pg_temp.orphans() is not null \gexec
select format('create table %I.%I as select * from %s', :'previous', case alike when 1 then relname else nspname || '_' || relname end, target),
  format('comment on table %I.%I is %L', :'previous', case alike when 1 then relname else nspname || '_' || relname end, name) from asked order by line \gexec
select format('delete from %s', target) from asked order by line \gexec
SQL
  for ((i = 0; i + 1 < ${#pairs[@]}; i += 2)); do
    printf '%s;\n' "${pairs[i]}"
    on "$beside" psql -XAtqw -v ON_ERROR_STOP=1 -f - <<<"set search_path = ''; set row_security = off; ${pairs[i + 1]};" 2>>"$work/read-errors" || return
    printf '\\.\n'
  done
  printf '%s\n' "$no_orphans_sql" "$counted_sql"
  cat <<'SQL'
select set_config('suite_backup.expected', :'expected', true) as expected \gset
do $check$ begin
  if exists (select line, name, rows from pg_temp.answer except
    select a.line, e.name, e.rows from json_to_recordset(current_setting('suite_backup.expected')::json) e (name text, rows bigint) join asked a using (name))
  then raise exception 'not every row arrived'; end if;
end $check$;
SQL
  printf '%s\n' "$moves" 'commit;'
}

replace_tables() {
  local pairs moves
  mapfile -d '' -t pairs < <(copies)
  ((${#pairs[@]} == 2 * ${#tables[@]})) || die RestoreFailed 'The restored tables cannot be read. Nothing was changed.'
  moves=$(sequences)
  replacement | ask "$database" -v "previous=$previous" -v "mark=$mark" -v "expected=$found" >/dev/null 2>"$work/errors" || judge_tables "The contents could not be replaced. $(said "$work/read-errors")"
}
