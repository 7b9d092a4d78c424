#!/usr/bin/env bash
# Creates the stored roles that the server lacks, with their attributes, settings and memberships. A role that exists is never touched: where
# the stored one differs, it is only named. All or none.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh
# source roles.sh

need docker curl zstd openssl awk base64 wc sort
find_way
reach_server
end_leftovers
get_roles "$url"
read -r sha256 _ < <(openssl dgst -sha256 -r "$work/roles.zst")
compare_roles

# A verifier of a password must stand in no message and no log: terse errors show no line of the statement.
{
  [[ $superuser != t ]] || echo "set log_statement = 'none'; set log_min_error_statement = 'panic';"
  printf '%s\n' "set search_path = 'pg_temp', 'pg_catalog';" 'begin;' \
    'create temp table stored (number int, kind text, role text, other text, statement text);' 'copy stored from stdin;'
  awk "$ROLE_STATEMENTS" "$work/roles.sql"
  printf '\\.\n'
  cat <<'SQL'
create temp table missing as select role from stored where kind = 'create' and role not in (select rolname from pg_roles);
select statement from stored
where kind in ('create', 'alter', 'comment', 'parameter', 'grant')
  and (role in (select role from missing) or kind = 'grant' and other in (select role from missing))
order by number \gexec
select json_build_object('created', (select coalesce(json_agg(role order by role), '[]') from missing));
commit;
SQL
} | ask "$maintenance" -v VERBOSITY=terse >"$work/answer" 2>"$work/errors" || {
  hint=
  [[ $superuser == t ]] || hint=' The user that we connect as is no superuser: it cannot create superusers, roles with REPLICATION or BYPASSRLS, or memberships in roles that it does not administer.'
  die RestoreFailed "The roles that are missing could not be created, so none was: $(said "$work/errors").$hint"
}
answer=$(grep '^{' "$work/answer" | tail -n 1)
result "{${answer:1:-1},\"differing\":$(compared differing),\"sha256\":\"$sha256\",\"bytes\":$(wc -c <"$work/roles.zst")}"
