#!/usr/bin/env bash
# Creates the stored roles that the server lacks, with their attributes, settings and memberships. A role that exists is never touched: where
# the stored one differs, it is only named. All or none.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh
# source database.sh
# include role-statements.awk as ROLE_STATEMENTS

need docker curl zstd openssl awk base64 wc
decode url url
reach_server
end_leftovers

fetch "$url" >"$work/roles.zst" || die DownloadFailed "The stored roles could not be fetched: $(first_line "$work/fetch-errors")"
read -r sha256 _ < <(openssl dgst -sha256 -r "$work/roles.zst")
zstd --quiet --decompress --stdout "$work/roles.zst" >"$work/roles.sql" 2>"$work/zstd-errors" ||
  die ArchiveUnreadable "The stored roles cannot be decompressed: $(first_line "$work/zstd-errors")"
grep -q '^-- PostgreSQL database cluster dump complete' "$work/roles.sql" || die ArchiveUnreadable 'The stored roles end too early.'

# Passwords can be compared by those only who may read them.
options=()
without=
if [[ $superuser != t ]]; then
  options=(--no-role-passwords) without=yes
fi
on "$maintenance" pg_dumpall --globals-only --no-password "${options[@]}" >"$work/there.sql" 2>"$work/errors" </dev/null ||
  die DatabaseUnreachable "The roles of the server in \"$container\" cannot be read: $(said "$work/errors")"

statements() { # TABLE FILE
  printf 'create temp table %s (number int, kind text, role text, other text, statement text);\ncopy %s from stdin;\n' "$1" "$1"
  awk "$ROLE_STATEMENTS" "$2"
  printf '\\.\n'
}
# A verifier of a password must stand in no message and no log: terse errors show no line of the statement.
{
  [[ $superuser != t ]] || echo "set log_statement = 'none'; set log_min_error_statement = 'panic';"
  printf '%s\n' "set search_path = 'pg_temp', 'pg_catalog';" 'begin;'
  statements stored "$work/roles.sql"
  WITHOUT_PASSWORDS=$without statements there "$work/there.sql"
  [[ -z $without ]] || WITHOUT_PASSWORDS=yes statements comparable "$work/roles.sql"
  [[ -n $without ]] || printf 'create temp table comparable as select * from stored;\n'
  cat <<'SQL'
create temp table missing as select role from stored where kind = 'create' and role not in (select rolname from pg_roles);
create temp view rights as select role, regexp_replace(statement, ' GRANTED BY .*$', '') as statement from there where kind in ('alter', 'grant');
create temp view stored_rights as select role, regexp_replace(statement, ' GRANTED BY .*$', '') as statement from comparable
  where kind in ('alter', 'grant') and other not in (select role from missing);
create temp table differing as
select coalesce(json_agg(role order by role), '[]') as names from (
  (table stored_rights except table rights) union all (table rights except table stored_rights)
) d (role, statement) where role in (select role from stored where kind = 'create') and role not in (select role from missing);
update differing set names = (select coalesce(json_agg(distinct value order by value), '[]') from json_array_elements_text(names) value);
select statement from stored
where kind in ('create', 'alter', 'comment', 'parameter', 'grant')
  and (role in (select role from missing) or kind = 'grant' and other in (select role from missing))
order by number \gexec
select json_build_object('created', (select coalesce(json_agg(role order by role), '[]') from missing), 'differing', names) from differing;
commit;
SQL
} | ask "$maintenance" -v VERBOSITY=terse >"$work/answer" 2>"$work/errors" || {
  hint=
  [[ $superuser == t ]] || hint=' The user that we connect as is no superuser: it cannot create superusers, roles with REPLICATION or BYPASSRLS, or memberships in roles that it does not administer.'
  die RestoreFailed "The roles that are missing could not be created, so none was: $(said "$work/errors").$hint"
}
answer=$(grep '^{' "$work/answer" | tail -n 1)
result "{${answer:1:-1},\"sha256\":\"$sha256\",\"bytes\":$(wc -c <"$work/roles.zst")}"
