#!/usr/bin/env bash
# Drops a database that a restore has made or put aside. None of that name is no failure, nor is another one that has taken the name since:
# it stays.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh

need docker base64
decode database database
reach_server "$database"
end_leftovers
dropped=false
if [[ -n $SSM_oid ]]; then
  there=$(ask "$maintenance" -v "name=$database" <<<"select oid from pg_database where datname = :'name'")
  [[ $there == "$SSM_oid" ]] || {
    result '{"dropped":false}'
    exit
  }
fi
! remove_database "$database" || dropped=true
result "{\"dropped\":$dropped}"
