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
! database_exists "$database" || tables=$(new_writes "$database" "$baseline")
rows=$(ask "$maintenance" -v "tables=$tables" <<<"select coalesce(sum(writes), 0) from json_to_recordset(:'tables'::json) as t (writes bigint)")
result "{\"rows\":$rows,\"tables\":$tables}"
