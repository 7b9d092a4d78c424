# Sourced by documents that tell what a database in the scratch server holds.
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign
# include ../postgres/session-settings.sql as SETTINGS_SQL
# include ../postgres/fingerprint.sql as FINGERPRINT_SQL
# include ../postgres/sequences.sql as SEQUENCES_SQL

# take_fingerprint DATABASE: what it holds goes to $work/answers, a line of JSON each.
take_fingerprint() {
  printf '%s\n' "$SETTINGS_SQL" "set suite_backup.fingerprint = '$SSM_fingerprint'; set suite_backup.phase = 'restored';" \
    "$FINGERPRINT_SQL" '\gexec' "$SEQUENCES_SQL" '\gexec' |
    in_scratch -i "$1" psql -XAtqw -v ON_ERROR_STOP=1 >"$work/answers" 2>"$work/fingerprint-errors" ||
    judge_scratch "The restored database \"$1\" could not be read" "$work/fingerprint-errors" FingerprintMismatch
}

fingerprint_json() {
  printf '{"schema":"suite-backup.fingerprint.v1","mode":"%s","entries":[\n' "$SSM_fingerprint"
  grep '^{' "$work/answers" | sed '$!s/$/,/'
  printf ']}\n'
}
