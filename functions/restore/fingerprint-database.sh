#!/usr/bin/env bash
# Takes the fingerprint of a database of the live server, in one snapshot, for the comparison with a recovery point's.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source database.sh
# include ../postgres/session-settings.sql as SETTINGS_SQL
# include ../postgres/fingerprint.sql as FINGERPRINT_SQL
# include ../postgres/sequences.sql as SEQUENCES_SQL

need docker aws openssl tee split awk base64
decode container_name container
decode user user
decode database database
only_asks
find_container "$container_name"
connect "$container" "$database" "$user" "$SSM_passwordVariable"
undo end_in_container "$container"

# A sequence or table that goes at this moment ends it: what is asked for is the state of a database that nobody changes.
printf '%s\n' "$SETTINGS_SQL" "set suite_backup.fingerprint = '$SSM_fingerprint'; set suite_backup.phase = 'restored';" \
  'begin isolation level repeatable read, read only;' "$FINGERPRINT_SQL" '\gexec' 'commit;' "$SEQUENCES_SQL" '\gexec' |
  ask "$database" >"$work/answers" 2>"$work/fingerprint-errors" ||
  die DatabaseUnreachable "The database \"$database\" could not be read: $(said "$work/fingerprint-errors")"

fingerprint_json() {
  printf '{"schema":"suite-backup.fingerprint.v1","mode":"%s","entries":[\n' "$SSM_fingerprint"
  grep '^{' "$work/answers" | sed '$!s/$/,/'
  printf ']}\n'
}
store fingerprint "$SSM_prefix$SSM_source.restore-$SSM_restore.$SSM_attempt.fingerprint.json" null fingerprint_json
result "{\"artifacts\":$(artifacts_json)}"
