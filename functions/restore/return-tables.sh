#!/usr/bin/env bash
# Undoes a restore of tables, or forgets what it kept: the old contents go back in one transaction, a schema made side by side goes away.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh
# source tables.sh

need docker base64
decode database database
decode schema schema
decode previous previousSchema
decode_list tables tables

reach_server "$database"
end_leftovers
returned='[]'
database_exists "$database" || {
  result '{"tables":[]}'
  exit
}

for name in "$schema" "$previous"; do
  ! schema_exists "$name" || schema_is_ours "$name" || die PutBackFailed "The schema \"$name\" is not one that this restore has made; it was left alone."
done
if [[ $SSM_direction == back ]] && schema_exists "$schema"; then
  drop_schema "$schema"
fi
if [[ $SSM_direction == back ]] && schema_exists "$previous"; then
  need_replica_role
  check_asked "$database" "The database \"$database\""
  # Each kept table says in its comment whose contents it holds.
  {
    printf '%s\n' "set search_path = ''; set row_security = off;" 'begin;'
    asked_tables
    cat <<'SQL'
create temp table kept as
select a.*, format('%I.%I', n.nspname, c.relname) as old, (select string_agg(quote_ident(attname), ', ') from pg_attribute t
  where t.attrelid = a.oid and t.attnum > 0 and not t.attisdropped and t.attgenerated = '') as list
from pg_class c join pg_namespace n on n.oid = c.relnamespace join asked a on a.name = obj_description(c.oid, 'pg_class')
where n.nspname = :'previous' and c.relkind = 'r';
select format('lock table %s in share row exclusive mode', target) from kept order by name \gexec
select format('delete from %s', target) from kept order by name \gexec
select case when list is null then format('insert into %s select from %s', name, old)
  else format('insert into %s (%s) overriding system value select %s from %s', name, list, list, old) end from kept order by name \gexec
SQL
    printf '%s\n' "$FOREIGN_KEYS_SQL" "select coalesce(obj_description(oid, 'pg_namespace') like '% orphans', false) as broken from pg_namespace where nspname = :'previous' \\gset"
    printf '%s\n' '\if :broken' '\else' "$no_orphans_sql" '\endif'
    cat <<'SQL'
create temp table answer (name text, rows bigint);
select format('insert into pg_temp.answer select %L, count(*) from %s', name, target) from kept order by line \gexec
select 'drop table ' || string_agg(old, ', ') from kept having count(*) > 0 \gexec
select format('drop schema %I', :'previous') \gexec
commit;
select coalesce(json_agg(json_build_object('name', name, 'rows', rows)), '[]') from pg_temp.answer;
SQL
  } | ask "$database" -v "previous=$previous" >"$work/answer" 2>"$work/errors" || judge_tables 'The old contents could not be put back.'
  returned=$(tail -n 1 "$work/answer")
elif [[ $SSM_direction == forget ]] && schema_exists "$previous"; then
  drop_schema "$previous"
fi
result "{\"tables\":$returned}"
