#!/usr/bin/env bash
# Puts the restored database into the place of the old one, or the old one back: both names change in one transaction, or none does. What is
# done already is seen from the names that exist, so it can be killed anywhere and run again, in either direction.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh

need docker base64 awk
decode database database
decode beside beside
decode previous previous
oid=${SSM_oid:-} # of the restored database, where it is known: tells it from another of its name
started=$(now)
reach_server "$database" "$beside" "$previous"
end_leftovers

look() { # sets the oids of the three names; nothing where there is none
  local said
  said=$(ask "$maintenance" -v "database=$database" -v "beside=$beside" -v "previous=$previous" <<'SQL'
select concat_ws('|', coalesce((select oid::text from pg_database where datname = :'database'), '-'),
  coalesce((select oid::text from pg_database where datname = :'beside'), '-'),
  coalesce((select oid::text from pg_database where datname = nullif(:'previous', '')), '-'))
SQL
  )
  IFS='|' read -r now_there now_beside now_previous <<<"$said"
}

# rename A B C D: A becomes B and C becomes D. The first rename takes a lock behind which new connections wait, and waits five seconds for
# the old ones to leave; a second session ends those all the time, so a client that comes back at once cannot hold it up.
rename() {
  local a=$1 c=$3 renamer attempt why
  why=$(
    prepared_transactions "$a" "$c"
    ask "$maintenance" -v "a=$a" -v "c=$c" <<'SQL'
select format('The database user is no superuser: to rename "%s" it needs CREATEDB, the ownership, and pg_signal_backend to close connections.', datname)
from pg_roles, pg_database where rolname = current_user and datname in (:'a', :'c') and not rolsuper
  and not (rolcreatedb and pg_has_role(datdba, 'usage') and pg_has_role('pg_signal_backend', 'usage'))
SQL
  )
  [[ -z $why ]] || die SwapFailed "The databases cannot change places. $why"
  for attempt in 1 2 3 4; do
    ask "$maintenance" -v "a=$a" -v "b=$2" -v "c=$c" -v "d=$4" >/dev/null 2>"$work/rename-errors" 3>&- <<'SQL' &
begin;
set local lock_timeout = '20s';
select format('alter database %I rename to %I', :'a', :'b') \gexec
select format('alter database %I rename to %I', :'c', :'d') where :'c' <> :'a' \gexec
commit;
SQL
    renamer=$!
    while kill -0 "$renamer" 2>/dev/null; do
      echo "select pg_terminate_backend(pid) from pg_stat_activity where datname in (:'a', :'c') and pid <> pg_backend_pid();" || break
      sleep 0.05
    done 2>/dev/null | (trap '' PIPE && ask "$maintenance" -v "a=$a" -v "c=$c" >/dev/null 2>"$work/end-errors") || true
    ! wait "$renamer" || return 0
    look
    [[ $(state) != "$wanted" ]] || return 0
    progress database 0 "the rename did not get through yet ($attempt): $(said "$work/rename-errors")"
  done
  why=$(ask "$maintenance" -v "a=$a" -v "c=$c" <<'SQL'
select 'It is held by ' || string_agg(format('process %s (%s, %s)', pid, coalesce(nullif(application_name, ''), backend_type), coalesce(state, 'busy')), ', ')
from (select * from pg_stat_activity where datname in (:'a', :'c') limit 10) held
SQL
  )
  die SwapFailed "The database \"$a\" could not be renamed: $(said "$work/rename-errors") $(said "$work/end-errors") $(prepared_transactions "$a" "$c") $why"
}

state() { # which side is in place: the oids say it, or else the names
  if [[ $now_there != - && $now_there == "$oid" ]]; then
    echo forward
  elif [[ -n $oid && $now_beside == "$oid" ]]; then
    echo back
  elif [[ $now_previous != - && $now_there != - ]]; then
    echo forward
  elif [[ $now_beside != - ]]; then
    echo back
  else
    echo unknown
  fi
}

swapped=true kept=null
look
if [[ $SSM_direction == forward ]]; then
  wanted=forward was=-
  case $(state) in
    forward) # what lies beside now is a second copy
      writes=$(writes_json "$database")
      remove_database "$beside" || true
      ;;
    back)
      writes=$(writes_json "$beside")
      if [[ $now_there == - ]]; then
        rename "$beside" "$database" "$beside" "$database"
      else
        was=$now_there
        rename "$database" "$previous" "$beside" "$database"
      fi
      ;;
    unknown) die SwapFailed "There is no restored database \"$beside\" that could take the place of \"$database\"." ;;
  esac
  [[ $was == - && $now_previous == - ]] || kept=$(json_string "$previous")
else
  wanted=back writes='[]'
  if [[ $now_previous != - && $now_there == - ]]; then
    rename "$previous" "$database" "$previous" "$database"
  elif [[ $(state) == forward && $now_previous != - ]]; then
    remove_database "$beside" || true
    rename "$database" "$beside" "$previous" "$database"
  elif [[ $now_there != - && $now_beside == - && $now_previous == - && ($now_there == "$oid" || -z $oid && -z $previous) ]]; then
    remove_database "$database" # there was none before
  else
    swapped=false
  fi
  remove_database "$beside" || true
fi
result "{\"swapped\":$swapped,\"previous\":$kept,\"writes\":$writes,\"seconds\":$(seconds_since "$started")}"
