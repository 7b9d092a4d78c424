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

# Only a superuser may read the roles' passwords: without them the roles are still worth having, but that must be said.
options=()
warnings=
if [[ $(in_container "${PG[@]}" psql -XAtqw -c "select has_table_privilege('pg_authid', 'select')") != t ]]; then
  options=(--no-role-passwords)
  warnings="{\"name\":\"PasswordsNotCaptured\",\"message\":\"The user is no superuser, so the roles are kept without their passwords.\"}"
fi
# Kilobytes, held in memory. A text that ends early is still good SQL, and nobody would miss later what it lacks: its last line must be there.
globals=$(in_container "${PG[@]}" pg_dumpall --globals-only --no-password "${options[@]}" 2>"$work/globals-errors") ||
  die GlobalsFailed "pg_dumpall --globals-only failed in \"$container_name\": $(first_line "$work/globals-errors")"
[[ $globals == *$'\n-- PostgreSQL database cluster dump complete\n'* ]] ||
  die GlobalsFailed "pg_dumpall --globals-only in \"$container_name\" ended well, but its text ends too early."
globals_text() {
  compress <<<"$globals"
}
store globals "$SSM_prefix$SSM_source.$SSM_attempt.sql.zst" null globals_text

result "{\"artifacts\":$(artifacts_json),\"container\":$(container_json),\"server\":$SERVER_JSON,\"resolved\":null,\"warnings\":[$warnings]}"
