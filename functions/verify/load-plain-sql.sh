#!/usr/bin/env bash
# Loads stored plain SQL into a database of its own in the scratch server, as one would by hand, and tells what that holds then. Every stored
# byte is hashed on the way.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../runtime/fetch.sh
# source scratch.sh
# source scratch-fingerprint.sh

need docker curl gzip zstd aws openssl tee tail base64
find_way
decode bootstrap_user bootstrapUser
decode database database
stem=$SSM_prefix$SSM_source.proof-$SSM_proof.$SSM_attempt

# Made like the restored one, which plain SQL does not describe: sorting, upper case and the bytes of a text depend on its locale, how names and
# constants are told on its settings. Columns that not every version has are asked for as JSON.
plain=suite_backup_plain_$SSM_attempt
make_plain="show server_encoding;
  select format('create database $plain template template0 encoding %L lc_collate %L lc_ctype %L', pg_encoding_to_char(d.encoding), d.datcollate, d.datctype)
    || case facts ->> 'datlocprovider'
      when 'i' then format(' locale_provider icu icu_locale %L', coalesce(facts ->> 'datlocale', facts ->> 'daticulocale')) || coalesce(' icu_rules ' || quote_literal(facts ->> 'daticurules'), '')
      when 'b' then format(' locale_provider builtin builtin_locale %L', facts ->> 'datlocale')
      else '' end
  from pg_database d, lateral (select to_jsonb(d) as facts) f where d.datname = current_database() \\gexec
  insert into pg_db_role_setting select e.oid, s.setrole, s.setconfig from pg_db_role_setting s
  join pg_database d on d.oid = s.setdatabase and d.datname = current_database() join pg_database e on e.datname = '$plain'"
# A subscription holds its database.
drop_subscriptions="select format('alter subscription %I disable', subname), format('alter subscription %I set (slot_name = none)', subname), format('drop subscription %I', subname)
  from pg_subscription where subdbid = (select oid from pg_database where datname = current_database()) \\gexec"
in_database() { # DATABASE SQL
  in_scratch -i "$1" psql -XAtqw -v ON_ERROR_STOP=1 <<<"$2" 2>"$work/sql-errors"
}
drop_plain() {
  in_database "$plain" "$drop_subscriptions"
  in_database "$database" "drop database $plain"
}
encoding=$(in_database "$database" "$make_plain") || judge_scratch 'A database for the plain SQL could not be made' "$work/sql-errors" RestoreFailed
undo drop_plain

started=$(now)
mkfifo "$work/hash" "$work/count" "$work/text"
openssl dgst -sha256 -r <"$work/hash" >"$work/sha256" 3>&- &
hash=$!
wc -c <"$work/count" >"$work/bytes" 3>&- &
count=$!
tail -c 500 <"$work/text" >"$work/end" 3>&- &
end=$!
set +e
fetch "$url" | tee "$work/hash" "$work/count" | unsealed gzip --decompress --stdout 2>"$work/gzip-errors" | tee "$work/text" |
  in_scratch -i "$plain" psql -Xqw -v ON_ERROR_STOP=1 --single-transaction >/dev/null 2>"$work/load-errors"
status=("${PIPESTATUS[@]}")
set -e
wait "$hash" "$count" "$end"
# When psql gives up, the others are only cut off. curl says 23 then, or the shell around it ends of SIGPIPE.
((status[0] == 0 || status[0] == 23 || status[0] == 141)) ||
  die DownloadFailed "The stored plain SQL of \"$database\" could not be fetched: $(first_line "$work/fetch-errors")"
((status[2] == 0 || status[2] == 141)) ||
  die ArchiveUnreadable "The stored plain SQL of \"$database\" $(why_unreadable "$work/gzip-errors")"
((status[4] == 0)) || judge_scratch "psql could not load the stored plain SQL of \"$database\"" "$work/load-errors" RestoreFailed
# psql takes the end of its input for the end of the rows, and is content.
grep -qx -- '-- PostgreSQL database dump complete' "$work/end" || die ArchiveUnreadable "The stored plain SQL of \"$database\" ends too early."
seconds=$(seconds_since "$started")
read -r sha256 _ <"$work/sha256"

take_fingerprint "$plain"
store fingerprint "$stem.fingerprint.json" null fingerprint_json

# Without owners and grants on both sides; the restored database is compared with what was captured in a step of its own.
as=()
[[ $encoding != SQL_ASCII ]] || as=(--encoding=SQL_ASCII)
schema_of() {
  in_scratch "$1" pg_dump --schema-only --no-owner --no-privileges --no-password "${as[@]}" 2>"$work/schema-errors" | compress
}
store schema "$stem.schema.sql.zst" null schema_of "$plain" ||
  judge_scratch "The schema that the plain SQL of \"$database\" makes could not be read" "$work/schema-errors" RestoreFailed
store expected-schema "$stem.expected-schema.sql.zst" null schema_of "$database" ||
  judge_scratch "The restored schema of \"$database\" could not be read" "$work/schema-errors" RestoreFailed
result "{\"seconds\":$seconds,\"sha256\":\"$sha256\",\"bytes\":$(($(<"$work/bytes"))),\"artifacts\":$(artifacts_json)}"
