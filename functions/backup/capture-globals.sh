#!/usr/bin/env bash
# Dumps what a server's databases share: roles with their passwords and memberships, tablespaces, settings.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../postgres/session.sh

need docker aws zstd openssl tee split awk base64
decode container_name container
decode database database
decode user user

find_container "$container_name"
connect "$container" "$database" "$user" "$SSM_passwordVariable"
undo end_in_container "$container"
server_facts

globals_text() {
  in_container "${PG[@]}" pg_dumpall --globals-only --no-password 2>"$work/globals-errors" | compress
}
store globals "$SSM_prefix$SSM_source.$SSM_attempt.sql.zst" null globals_text ||
  die GlobalsFailed "pg_dumpall --globals-only failed in \"$container_name\": $(first_line "$work/globals-errors")"

result "{\"artifacts\":$(artifacts_json),\"container\":$(container_json),\"server\":$SERVER_JSON,\"resolved\":null,\"warnings\":[]}"
