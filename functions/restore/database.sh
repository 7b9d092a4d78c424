# Sourced by documents that work on the databases of a live server.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../postgres/session.sh

# One name for all that is started in the container for this restore: a document that was killed there has left processes, and the next
# one must not work beside them.
token=suite-backup-restore-$SSM_restore

# What only asks has a name of its own: several may ask at once, and none ends what another does.
only_asks() {
  token=suite-backup-asks-$SSM_restore-${SSM_COMMAND_ID:-$$}
}

# What a database, or a role, sets for its sessions must not bend a restore; dumps are written with these two styles.
session_options='-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c datestyle=ISO -c intervalstyle=postgres -c client_min_messages=warning'

# reach_server [DATABASE...]: finds the container, lets us in, and sets $maintenance, a database that is none of those that are worked on,
# and $superuser (t or f).
reach_server() {
  local container_name user said name names=("$@")
  # PostgreSQL cuts what is longer without a word, and that may be the name of another.
  for name in "$@"; do
    ((${#name} <= 63)) || die ParameterInvalid "The name \"$name\" has more than 63 bytes."
  done
  decode container_name container
  decode user user
  find_container "$container_name"
  connect "$container" template1 "$user" "$SSM_passwordVariable"
  undo end_in_container "$container"
  maintenance=template1
  said=$(ask template1 -v "first=${names[0]-}" -v "second=${names[1]-}" <<'SQL'
select exists (select from pg_database where datname = 'postgres' and datallowconn and datname not in (:'first', :'second')),
  (select rolsuper from pg_roles where rolname = current_user)
SQL
  )
  IFS='|' read -r said superuser <<<"$said"
  [[ $said != t ]] || maintenance=postgres
  # The server's messages in English, where a superuser may say so: some are acted on.
  [[ $superuser != t ]] || session_options+=' -c lc_messages=C'
}

# end_leftovers: what an earlier document of this restore, killed on the host, still does in the container, and the archive it left there.
end_leftovers() {
  status=1 end_in_container "$container"
}

# on DATABASE COMMAND...: a command of PostgreSQL's in the container; the name is never taken for a connection string.
on() {
  in_container -i "${PG[@]}" env "PGDATABASE=$1" "PGOPTIONS=$session_options" PGAPPNAME="suite-backup restore" "${@:2}"
}

# ask DATABASE [psql options]: SQL comes on stdin. Names go in as `-v name=VALUE` and are written :'name' there, never pasted. Triggers, event
# triggers and rules of the database have nothing to do with what we do there; only a superuser may say so.
ask() {
  local session_options=$session_options
  [[ ${superuser-} != t ]] || session_options+=' -c session_replication_role=replica'
  on "$1" psql -XAtqw -v ON_ERROR_STOP=1 -v SHOW_CONTEXT=never "${@:2}"
}

# exists DATABASE
database_exists() {
  [[ $(ask "$maintenance" -v "name=$1" <<<"select count(*) from pg_database where datname = :'name'") == 1 ]]
}

# said FILE: what a tool complained of, in one line.
said() {
  grep -m 4 -Ei 'error|fatal|panic|no space|^(detail|hint):' "$1" | tr '\n' ' ' | cut -c 1-800 || first_line "$1"
}

# remove_database NAME: closes its connections and drops it; answers 1 when there is none. Its subscriptions go without a word to the
# publisher, where the slot belongs to whoever replicates now.
remove_database() {
  local name=$1 found
  found=$(ask "$maintenance" -v "name=$name" <<'SQL'
select count(*), (select count(*) from pg_subscription s where s.subdbid = any (array_agg(d.oid))),
  (select count(*) from pg_prepared_xacts x where x.database = :'name')
from pg_database d where d.datname = :'name'
SQL
  )
  [[ $found != 0* ]] || return 1
  case $name in
    template0 | template1 | postgres) die ParameterInvalid "The database \"$name\" is no leftover of a restore." ;;
  esac
  [[ $found == *'|0' ]] ||
    die SwapFailed "The database \"$name\" cannot be dropped: $(prepared_transactions "$name")"
  if [[ $found != '1|0|'* ]]; then
    ask "$name" >/dev/null 2>"$work/drop-errors" <<'SQL' || true
select format('alter subscription %I disable', subname), format('alter subscription %I set (slot_name = none)', subname),
  format('drop subscription %I', subname)
from pg_subscription where subdbid = (select oid from pg_database where datname = current_database()) \gexec
SQL
  fi
  # Somebody may come back between the two: WITH (FORCE) closes what is there at its own moment.
  ask "$maintenance" -v "name=$name" >/dev/null 2>"$work/drop-errors" <<'SQL' || die RestoreFailed "The database \"$name\" could not be dropped: $(said "$work/drop-errors")"
select format('alter database %I is_template false', datname) from pg_database where datname = :'name' and datistemplate \gexec
select format('drop database if exists %I with (force)', :'name') \gexec
SQL
}

# prepared_transactions DATABASE [DATABASE]: a sentence, or nothing.
prepared_transactions() {
  ask "$maintenance" -v "first=$1" -v "second=${2-}" <<'SQL'
select format('Transactions that are prepared in "%s" hold it: %s (to be ended there with COMMIT PREPARED or ROLLBACK PREPARED).', database,
  string_agg(quote_literal(gid), ', ' order by prepared))
from pg_prepared_xacts where database in (:'first', :'second') group by database
SQL
}

# wait_for_our_sessions DATABASE: what a session that has just ended wrote is counted once it is gone.
wait_for_our_sessions() {
  local deadline=$((SECONDS + 30))
  while ((SECONDS < deadline)) && [[ $(
    ask "$maintenance" -v "name=$1" <<<"select count(*) from pg_stat_activity where datname = :'name' and application_name = 'suite-backup restore'"
  ) != 0 ]]; do
    sleep 0.05
  done
}

# writes_json DATABASE: rows written per table since the statistics began, tables without any left out. The answer of a document may have
# 24,000 characters: beyond 300 tables only the sum is told, as table "*".
writes_json() {
  ask "$1" <<'SQL'
with written as (
  select quote_ident(schemaname) || '.' || quote_ident(relname) as "table", n_tup_ins + n_tup_upd + n_tup_del as writes
  from pg_stat_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0
), told as (
  select json_agg(json_build_object('table', "table", 'writes', writes) order by "table") as list, sum(writes) as total from written
)
select case when length(list::text) > 15000 then json_build_array(json_build_object('table', '*', 'writes', total)) else coalesce(list, '[]') end
from told
SQL
}

# new_writes DATABASE BASELINE: what was written since, per table. Fewer than before: the statistics began anew, after a crash for example;
# then all of them are new.
new_writes() {
  ask "$maintenance" -v "now=$(writes_json "$1")" -v "then=$2" <<'SQL'
with seen as (select * from json_to_recordset(:'now'::json) as n ("table" text, writes bigint)),
base as (select * from json_to_recordset(:'then'::json) as t ("table" text, writes bigint)),
-- Of tables that were restored alone (restore-tables.sh says so with a table "-"), only those count.
alone as (select exists (select from base where "table" = '-') as so),
-- One side too large to be told by table: sums are compared.
side as (select exists (select from seen where "table" = '*') or exists (select from base where "table" = '*') as summed),
pair as (
  select s."table", s.writes, coalesce(b.writes, 0) as before from seen s left join base b using ("table"), side, alone
    where not summed and (not so or b."table" is not null)
  union all select '*', (select sum(writes) from seen), coalesce((select sum(writes) from base), 0) from side where summed
),
news as (select "table", case when writes < before then writes else writes - before end as writes from pair)
select coalesce(json_agg(json_build_object('table', "table", 'writes', writes) order by writes desc, "table"), '[]') from news where writes > 0
SQL
}
