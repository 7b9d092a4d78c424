#!/usr/bin/env bash
# Drops a database that a restore has made or put aside. None of that name is no failure.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh

need docker base64
decode database database
reach_server "$database"
end_leftovers
dropped=false
! remove_database "$database" || dropped=true
result "{\"dropped\":$dropped}"
