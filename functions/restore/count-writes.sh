#!/usr/bin/env bash
# Counts the rows that were written into a restored database since it took its place.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh

need docker base64
decode database database
decode baseline baseline
only_asks
reach_server "$database"
tables='[]'
# Another than the restored one has its place again when an undo was killed before it could say so. Tables were restored into one without
# a number of its own.
there=$(ask "$maintenance" -v "name=$database" <<<"select oid from pg_database where datname = :'name'")
[[ -z $there || (-n $SSM_oid && $there != "$SSM_oid") ]] || tables=$(new_writes "$database" "$baseline")
rows=$(ask "$maintenance" -v "tables=$tables" <<<"select coalesce(sum(writes), 0) from json_to_recordset(:'tables'::json) as t (writes bigint)")
result "{\"rows\":$rows,\"tables\":$tables}"
