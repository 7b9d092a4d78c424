#!/usr/bin/env bash
# Dumps one database with its own client, and takes its fingerprint in the dump's own snapshot. With plainSql it is dumped as plain SQL, too.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../postgres/session.sh
# source stream-out.sh
# source plain-dump.sh
# include ../postgres/session-settings.sql as SETTINGS_SQL
# include ../postgres/fingerprint.sql as FINGERPRINT_SQL
# include ../postgres/sequences.sql as SEQUENCES_SQL

tools=(docker aws zstd openssl tee split awk base64)
[[ $SSM_plainSql != true ]] || tools+=(gzip)
need "${tools[@]}"
decode container_name container
decode database database
decode user user
stem=$SSM_prefix$SSM_source.$SSM_attempt

find_container "$container_name"
connect "$container" "$database" "$user" "$SSM_passwordVariable"
undo end_in_container "$container"
server_facts

# The held session: exports the snapshot, then reads the fingerprint in it while pg_dump reads the rows. Sequences are read outside its
# transaction: a lock on one, held for so long, could make pg_dump wait behind somebody who waits for us.
mkfifo "$work/session"
in_container -i "${PG[@]}" psql -XAtqw -v ON_ERROR_STOP=1 <"$work/session" >"$work/answers" 2>"$work/session-errors" 3>&- &
session=$!
exec {say}>"$work/session"
say() { # a session that has ended says so itself, later: writing to it must not end us without a word
  (trap '' PIPE && printf '%s\n' "$@" >&"$say") 2>/dev/null || true
}
read_sequences() { # PHASE: one that is dropped at this moment is no error
  say '\set ON_ERROR_STOP 0' "select set_config('suite_backup.phase', '$1', false) as phase \\gset" "$SEQUENCES_SQL" '\gexec' '\set ON_ERROR_STOP 1'
}
say "$SETTINGS_SQL" "set suite_backup.fingerprint = '$SSM_fingerprint';"
read_sequences before
say "select 'size ' || pg_database_size(current_database());"
say 'begin isolation level repeatable read, read only;' "select 'snapshot ' || pg_export_snapshot();"
# A hash-partitioned tree may route rows elsewhere after a restore (enum hashes depend on OIDs): load it through its root.
say "select 'hash-partitions ' || count(*) from pg_partitioned_table where partstrat = 'h';"
own_tables="from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'"
# pg_dump leaves the rows of an extension's tables to the extension, unless it registered them as configuration.
say "select 'extension-rows ' || format('%I.%I', n.nspname, c.relname) $own_tables and pg_relation_size(c.oid) > 0
  and exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  and not exists (select from pg_extension e where c.oid = any (e.extconfig));"
say "select 'tables ' || count(*) $own_tables;" '\echo ready'

answer() { # answer NAME: waits for the session's line
  local line
  until line=$(grep -m 1 "^$1" "$work/answers"); do
    kill -0 "$session" 2>/dev/null || die DatabaseUnreachable "The session that holds the snapshot ended: $(first_line "$work/session-errors")"
    sleep 0.05
  done
  printf '%s' "${line#"$1" }"
}
answer ready >/dev/null
snapshot=$(answer snapshot)
tables=$(answer tables)
expected_bytes=$(answer size)
warnings=
if ((tables == 0)); then
  [[ $SSM_optional == true ]] || die DatabaseEmpty "The database \"$database\" in \"$container_name\" has no tables."
  warnings="{\"name\":\"DatabaseEmpty\",\"message\":\"The database has no tables.\"}"
fi
if extension_rows=$(grep '^extension-rows ' "$work/answers"); then
  extension_rows=${extension_rows//extension-rows /}
  warnings+="${warnings:+,}{\"name\":\"ExtensionRowsNotCaptured\",\"message\":$(json_string "Rows of tables that belong to an extension are in no dump: ${extension_rows//$'\n'/, }.")}"
fi
options=()
(($(answer hash-partitions) == 0)) || options+=(--load-via-partition-root)

# As pg_dump by itself: in the database's own encoding, because not every byte has its like in another one.
[[ $SERVER_JSON =~ \"encoding\"\ :\ \"([A-Z0-9_]+)\" ]] && options+=(--encoding="${BASH_REMATCH[1]}")

# The schema's text, taken apart from the dump: what the dump leaves out is found by comparing with it.
schema_text() {
  stream_out "$work/schema-errors" pg_dump --schema-only --snapshot="$snapshot" --no-password --lock-wait-timeout=60000 "${options[@]}" | compress
}
store schema "$stem.schema.sql.zst" null schema_text || die DumpFailed "pg_dump --schema-only failed: $(first_line "$work/schema-errors")"

# A table that was truncated, rewritten (ALTER TABLE ... TYPE) or made again after the snapshot, before the dump locked it, looks empty in the
# snapshot: to the dump and, alas, to the fingerprint. The catalog as the snapshot sees it still names the old file, the function the new one.
replaced_sql="select 'replaced ' || to_json(format('%I.%I', n.nspname, c.relname)) $own_tables
  and c.relkind = 'r' and pg_relation_filenode(c.oid) is distinct from c.relfilenode;"

# pg_dump says "saving ..." once it holds its locks. Only then may our session lock tables too: otherwise an ALTER TABLE that waits for
# us would make pg_dump wait for it, and us for pg_dump, for ever. It locks all at once and never waits: behind somebody who waits for
# pg_dump it would come too late (the table may be gone) or, holding another table, be the cause of a deadlock that ends a migration.
lock_sql="select format('lock table only %I.%I in access share mode nowait', n.nspname, c.relname) $own_tables
  and has_table_privilege(c.oid, 'select')"
fingerprint_when_locked() {
  until { grep -q '^pg_dump: saving' "$work/raw" 2>/dev/null || [[ -e $work/dump-done ]]; } && plain_dump_holds; do
    sleep 0.05
  done
  say "$lock_sql" '\gexec' "$FINGERPRINT_SQL" '\gexec' "$replaced_sql" '\echo fingerprinted'
}
dump_options=(--format=custom --compress=0 --snapshot="$snapshot" --lock-wait-timeout=60000 --no-password --verbose "${options[@]}")
# zstd inside the container where there is one: bytes through docker's stream cost more than compressing them (measured 1.9 times).
# The loop tells how much pg_dump has written: zstd holds its output back for megabytes.
# shellcheck disable=SC2016 # expanded inside the container
dump_inside='
  exec 5< <(exec pg_dump "$@")
  dump=$!
  zstd --quiet --threads=0 -3 <&5 &
  zstd=$!
  exec 5<&- 6>&2 # what goes to 6 is not hidden with the errors of reading /proc
  tick=0
  while kill -0 "$zstd" 2>/dev/null; do
    sleep 0.1
    tick=$((tick + 1))
    [ $((tick % 10)) -ne 0 ] || while read -r name value; do
      [ "$name" != wchar: ] || echo "progress-raw $value" >&6
    done 2>/dev/null <"/proc/$dump/io"
  done
  status=0
  wait "$dump" || status=$?
  wait "$zstd" || status=$?
  exit "$status"'
dump_database() {
  if [[ -n $CONTAINER_ZSTD ]]; then
    stream_out "$work/raw" bash -c "$dump_inside" dump "${dump_options[@]}"
  else
    stream_out "$work/raw" pg_dump "${dump_options[@]}" | compress
  fi
}
[[ $SSM_plainSql != true ]] || begin_plain_dump --snapshot="$snapshot" --lock-wait-timeout=60000 --no-password "${options[@]}"
touch "$work/raw"
fingerprint_when_locked 3>&- &
watcher=$!
store dump "$stem.dump.zst" null dump_database || {
  said=$(grep -Ev '^(progress-raw|pg_dump: (last|reading|identifying|finding|flagging|saving|dumping|processing|creating|executing))' "$work/raw" | head -c 1500 | tr '\n' ' ') || true
  die DumpFailed "pg_dump of \"$database\" in \"$container_name\" did not come to its end: ${said:-it was ended from outside.}"
}
touch "$work/dump-done"
wait "$watcher"
: >"$work/raw"
if [[ $SSM_plainSql == true ]]; then
  store plain-sql "$stem.plain.sql.gz" null plain_sql ||
    die DumpFailed "pg_dump of \"$database\" in \"$container_name\" as plain SQL did not come to its end: $(first_line "$work/plain-errors")"
fi

say 'commit;'
read_sequences after
say '\echo end'
exec {say}>&-
wait "$session" || die DumpFailed "The fingerprint of \"$database\" could not be taken: $(first_line "$work/session-errors")"
if replaced=$(grep -m 5 '^replaced ' "$work/answers"); then
  replaced=${replaced//replaced /}
  die DumpFailed "Tables of \"$database\" were truncated, rewritten or replaced while the dump began, so it may lack their rows: ${replaced//$'\n'/, }."
fi
grep -q '^end$' "$work/answers" || die DumpFailed "The fingerprint of \"$database\" did not come to its end."

fingerprint_json() {
  printf '{"schema":"suite-backup.fingerprint.v1","mode":"%s","entries":[\n' "$SSM_fingerprint"
  grep '^{' "$work/answers" | sed '$!s/$/,/'
  printf ']}\n'
}
store fingerprint "$stem.fingerprint.json" null fingerprint_json

result "{\"artifacts\":$(artifacts_json),\"container\":$(container_json),\"server\":$SERVER_JSON,\"resolved\":null,\"warnings\":[$warnings]}"
