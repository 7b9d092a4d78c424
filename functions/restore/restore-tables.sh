#!/usr/bin/env bash
# Restores single tables: side by side into a schema of their own, or their contents replaced in one transaction. They are loaded into a
# temporary database first, so what the archive holds is known before the live one is touched.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh
# source archive.sh
# source new-database.sh
# source tables.sh
# source load-tables.sh
# source put-tables.sh

need docker curl zstd openssl tee awk sed base64
decode database database
decode beside beside
decode schema schema
decode previous previousSchema
find_way
decode_list tables tables
[[ $SSM_replace != true ]] || schema=
((${#tables[@]} > 0)) || die ParameterInvalid 'No table is named.'

reach_server "$database" "$beside"
database_exists "$database" || die DatabaseNotFound "The server in \"$container\" has no database \"$database\". Restore the database first."
may_create
end_leftovers
started=$(now)
target=$schema
if [[ $SSM_replace == true ]]; then
  target=$previous
  need_replica_role
  check_asked "$database" "The database \"$database\""
fi
[[ -n $target ]] || die ParameterInvalid 'A schema is needed.'

undo remove_temporary
remove_temporary() {
  (remove_database "$beside" || true)
}

# What is made, is made in one transaction with the schema: when that is there, it was done, and the stored bytes only are told.
if schema_exists "$target"; then
  schema_is_ours "$target" ||
    die SwapFailed "The database has a schema \"$target\" already, of another restore or of somebody. Nothing was changed; plan again."
  stream sh -c 'cat >/dev/null' || true
  judge_stream
  found='[]'
  [[ $SSM_replace != true ]] || found=$(rows_of "$database")
else
  get_archive
  list_archive
  load_tables
  if [[ $SSM_replace == true ]]; then
    columns_of "$beside" >"$work/stored-columns"
    columns_of "$database" >"$work/live-columns"
    differing=$(diff "$work/live-columns" "$work/stored-columns" | head -n 8 | sed -e 's/^</now/' -e 's/^>/then/' -e '/^[0-9-]/d' | tr '\n' ';') || true
    [[ -z $differing ]] || die TableDiffers "Tables have other columns than in the recovery point. Nothing was touched. ${differing:0:1000}"
    found=$(rows_of "$beside")
    replace_tables
  else
    found=$(rows_of "$beside")
    side_by_side
  fi
fi
writes=null
[[ $SSM_replace != true ]] || writes=$(tables_writes)
result "{\"writes\":$writes,\"tables\":$found,\"schema\":$(if [[ -n $schema ]]; then json_string "$schema"; else echo null; fi),\"sha256\":\"$sha256\",\"bytes\":$stored,\"seconds\":$(seconds_since "$started")}"
