#!/usr/bin/env bash
# Puts the restored database into the place of the old one, or the old one back: both names change in one transaction, or none does. What is
# done already is seen from the names that exist, so it can be killed anywhere and run again, in either direction.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh

need docker base64 awk
decode database database
decode beside beside
decode previous previous
decode undone_name undone
decode baseline baseline
# Names tell nothing: another restore, or somebody, may have taken them. Numbers stay with their database.
oid=$SSM_oid # of the restored one
old=$SSM_old # of the one whose place it takes; 0: there was none
[[ -n $oid && -n $old ]] || die ParameterInvalid 'Both databases need their numbers.'
[[ $old != 0 ]] || old=-
started=$(now)
reach_server "$database" "$beside" "$previous"
end_leftovers

look() { # sets the oids of the three names; - where there is none
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

state() { # which of the two is in its place; nobody: the place is empty though there was one
  case $now_there in
    "$oid") echo forward ;;
    "$old") echo back ;;
    -) echo nobody ;;
    *) echo another ;;
  esac
}
another="\"$database\" is neither the database that was there before nor the restored one: another restore, or somebody, has put it there."

# keep_or_drop NAME: of the restored database. What was written to it since it took its place is not lost, unless that was asked for.
keep_or_drop() {
  if [[ $SSM_discard != true && $(new_writes "$1" "$baseline") != '[]' ]]; then
    rename "$1" "$undone_name" "$1" "$undone_name"
    database_exists "$undone_name" || die PutBackFailed "\"$1\", to which was written since the restore, could not be put aside as \"$undone_name\"."
    undone=$(json_string "$undone_name")
  else
    remove_database "$1" || true
  fi
}

swapped=true kept=null undone=null wanted=$SSM_direction
look
if [[ $wanted == forward ]]; then
  case $(state) in
    forward) # what lies beside now is a second copy
      remove_database "$beside" || true
      ;;
    back | nobody)
      [[ $now_beside == "$oid" ]] ||
        die SwapFailed "There is no restored database \"$beside\" that could take the place of \"$database\"."
      if [[ $now_there == - ]]; then
        rename "$beside" "$database" "$beside" "$database"
      else
        rename "$database" "$previous" "$beside" "$database"
        now_previous=$old
      fi
      ;;
    another) die SwapFailed "$another Nothing was changed; plan again." ;;
  esac
  [[ $old == - || $now_previous != "$old" ]] || kept=$(json_string "$previous")
else
  case $(state) in
    forward)
      if [[ $old == - ]]; then
        # Renamed first, which closes its sessions: the server counts what they wrote only then (measured with 15: ten seconds later otherwise).
        remove_database "$beside" || true
        rename "$database" "$beside" "$database" "$beside"
        keep_or_drop "$beside"
      else
        [[ $now_previous == "$old" ]] ||
          die PutBackFailed "The database that was there before, kept as \"$previous\", is gone. The restored one stays in its place."
        remove_database "$beside" || true
        rename "$database" "$beside" "$previous" "$database"
        keep_or_drop "$beside"
      fi
      ;;
    nobody)
      [[ $now_previous == "$old" ]] || die PutBackFailed "There is no database \"$database\", and none that was kept as \"$previous\"."
      rename "$previous" "$database" "$previous" "$database"
      ;;
    back)
      swapped=false
      [[ $now_beside != "$oid" ]] || keep_or_drop "$beside"
      ;;
    another) die PutBackFailed "$another It stays there." ;;
  esac
fi
result "{\"swapped\":$swapped,\"previous\":$kept,\"undone\":$undone,\"seconds\":$(seconds_since "$started")}"
