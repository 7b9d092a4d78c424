#!/usr/bin/env bash
# Tells what a restore would meet on the server: versions, space, what is there under the name, who works in it. Touches nothing, and a
# database, container or table that is missing is an answer, no failure.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source database.sh

need docker base64
decode container_name container
decode database database
decode_list tables tables
only_asks

nothing='"server":null,"superuser":false,"exists":false,"bytes":0,"freeBytes":null,"databases":[],"schemas":[],"connections":0,"preparedTransactions":0,"slots":0,"subscriptions":0,"eventTriggers":0,"clientZstd":false,"unreadable":null,"tables":[]'
if ! locate_container "$container_name"; then
  result "{\"container\":null,$nothing}"
  exit
fi
named="\"container\":{\"name\":$(json_string "$container"),\"running\":$container_running}"
if [[ $container_running != true ]]; then
  result "{$named,$nothing}"
  exit
fi
reach_server

facts=$(ask "$maintenance" -v "name=$database" <<'SQL'
select json_build_object(
  'server', json_build_object('version', current_setting('server_version'), 'versionNumber', current_setting('server_version_num')::int),
  'superuser', (select rolsuper from pg_roles where rolname = current_user),
  'exists', exists (select from pg_database where datname = :'name'),
  'bytes', coalesce((select pg_database_size(oid) from pg_database where datname = :'name' and
    (has_database_privilege(oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage'))), 0),
  'databases', (select json_agg(datname order by datname) from pg_database),
  'connections', (select count(*) from pg_stat_activity where datname = :'name'),
  'preparedTransactions', (select count(*) from pg_prepared_xacts where database = :'name'),
  'slots', (select count(*) from pg_replication_slots where database = :'name'),
  'subscriptions', (select count(*) from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = :'name'),
  'existsAndLetsIn', exists (select from pg_database where datname = :'name' and datallowconn and has_database_privilege(oid, 'connect')))
SQL
)
# The server's own data lies where data_directory says, which not everybody may read; new databases need room there.
# shellcheck disable=SC2016 # expanded inside the container
place=$(on "$maintenance" sh -c '
  command -v zstd >/dev/null && echo true || echo false
  directory=$(psql -XAtqw -c "select current_setting(\$\$data_directory\$\$)") && df -Pk -- "$directory" | { read -r _; read -r _ _ _ free _; echo "$free"; }' </dev/null 2>"$work/place-errors") || true
{ read -r client_zstd && read -r free; } <<<"$place" || true
free_bytes=null
[[ ! ${free-} =~ ^[0-9]+$ ]] || free_bytes=$((free * 1024))

# Tables are exact: as quote_ident writes them, or plainly schema.name. The whole answer may have 24,000 characters, so columns are left out
# where they are very many. No temporary table: not even an event trigger is to notice.
absent='' asked=''
for name in "${tables[@]}"; do
  absent+="${absent:+,}{\"name\":$(json_string "$name"),\"exists\":false,\"columns\":[],\"referencedBy\":[]}"
  asked+="${asked:+,}$(json_string "$name")"
done
nothing_inside="\"schemas\":[],\"eventTriggers\":0,\"tables\":[$absent]}"
inside="{\"unreadable\":null,$nothing_inside"
if [[ $facts == *'"existsAndLetsIn" : true'* ]]; then
  # One that is too damaged to let anybody in is the very one that must be replaced.
  inside=$(ask "$database" -v "names=[$asked]" 2>"$work/inside-errors" <<'SQL'
set search_path = '';
with found as (
  select a.line, a.name, (
    select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and a.name in (quote_ident(n.nspname) || '.' || quote_ident(c.relname), n.nspname || '.' || c.relname)
    order by a.name <> quote_ident(n.nspname) || '.' || quote_ident(c.relname) limit 1) as oid
  from json_array_elements_text(:'names'::json) with ordinality a (name, line)
)
select json_build_object(
  'unreadable', null, 'schemas', (select json_agg(nspname order by nspname) from pg_namespace where nspname !~ '^pg_(toast|temp)' and nspname not in ('pg_catalog', 'information_schema')),
  'eventTriggers', (select count(*) from pg_event_trigger),
  'tables', (select coalesce(json_agg(json_build_object('name', name, 'exists', oid is not null,
    'columns', (select coalesce(json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) order by attnum), '[]')
      from pg_attribute where attrelid = f.oid and attnum > 0 and not attisdropped and (select count(*) < 250 from found g join pg_attribute b on b.attrelid = g.oid)),
    'referencedBy', (select coalesce(json_agg(distinct quote_ident(n.nspname) || '.' || quote_ident(r.relname)), '[]')
      from pg_constraint k join pg_class r on r.oid = k.conrelid join pg_namespace n on n.oid = r.relnamespace
      where k.contype = 'f' and k.confrelid = f.oid and k.conparentid = 0 and k.conrelid <> f.oid)) order by line), '[]') from found f))
SQL
  ) || inside="{\"unreadable\":$(json_string "$(said "$work/inside-errors")"),$nothing_inside"
fi
result "{$named,${facts:1:-1},\"freeBytes\":$free_bytes,\"clientZstd\":${client_zstd:-false},${inside:1}"
