#!/usr/bin/env bash
# Dumps the schema of the restored database, and that of a database made from the stored schema text: both have gone through one parse,
# so expressions that PostgreSQL writes differently after a restore (`x IN (...)` on varchar) do not look like a loss.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../runtime/fetch.sh
# source scratch.sh

need docker curl zstd aws openssl base64
find_way
decode bootstrap_user bootstrapUser
decode database database
stem=$SSM_prefix$SSM_source.proof-$SSM_proof.$SSM_attempt

# Bytes of no known encoding cannot be told in another one.
encoding=$(in_scratch "$database" psql -XAtqwc 'show server_encoding' 2>"$work/encoding-errors") ||
  judge_scratch "The restored database \"$database\" does not answer" "$work/encoding-errors" RestoreFailed
as=()
[[ $encoding != SQL_ASCII ]] || as=(--encoding=SQL_ASCII)
schema_of() {
  in_scratch "$1" pg_dump --schema-only --no-password "${as[@]}" 2>"$work/schema-errors" | compress
}
store schema "$stem.schema.sql.zst" null schema_of "$database" ||
  judge_scratch "The restored schema of \"$database\" could not be read" "$work/schema-errors" RestoreFailed

# A name of its own for every attempt: one that holds a subscription cannot be dropped to make room for the next. It gets the settings of
# the restored one (time zone, how bytea or names are written), because constants are told in them.
expected=suite_backup_expected_$SSM_attempt
make_expected="select format('drop database %I', datname) from pg_database d
    where datname ~ '^suite_backup_expected_[a-z0-9]{8}\$' and not exists (select from pg_subscription where subdbid = d.oid) \\gexec
  create database $expected template template0 encoding '$encoding';
  insert into pg_db_role_setting select e.oid, s.setrole, s.setconfig from pg_db_role_setting s
    join pg_database d on d.oid = s.setdatabase and d.datname = :'name' join pg_database e on e.datname = '$expected'"
made=
for maintenance in postgres template1; do # the server's own postgres may be among those that are restored
  in_scratch -i "$maintenance" psql -XAtqw -v ON_ERROR_STOP=1 -v "name=$database" <<<"$make_expected" 2>"$work/create-errors" || continue
  made=yes
  break
done
[[ -n $made ]] || judge_scratch 'A database for the stored schema could not be made' "$work/create-errors" RestoreFailed
set +e
fetch "$url" | unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors" |
  in_scratch -i "$expected" psql -XAtqw -v ON_ERROR_STOP=1 >/dev/null 2>"$work/load-errors"
status=("${PIPESTATUS[@]}")
set -e
((status[2] == 0)) || judge_scratch "The stored schema of \"$database\" could not be loaded" "$work/load-errors" RestoreFailed
((status[0] == 0)) || die DownloadFailed "The stored schema of \"$database\" could not be fetched: $(first_line "$work/fetch-errors")"
((status[1] == 0)) || die ArchiveUnreadable "The stored schema of \"$database\" $(why_unreadable "$work/zstd-errors")"
store expected-schema "$stem.expected-schema.sql.zst" null schema_of "$expected" ||
  judge_scratch "The expected schema of \"$database\" could not be read" "$work/schema-errors" RestoreFailed
result "{\"artifacts\":$(artifacts_json)}"
