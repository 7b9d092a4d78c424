# Sourced by capture-database: plain SQL of the same snapshot, a dump of its own beside the first.
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign

# begin_plain_dump pg_dump OPTION...: begins together with the first dump, so that both hold their locks before our session takes its own: later,
# somebody who waits for us would make this one wait behind him. Its pipe full, it then stands still until it is stored.
begin_plain_dump() {
  mkfifo "$work/plain"
  { stream_out "$work/plain-errors" pg_dump --no-owner --no-privileges "$@" || exit; } >"$work/plain" 3>&- &
  plain_dump=$!
  exec {plain}<"$work/plain"
}

# Its first byte comes when it has its locks, its end when it could not get them. True, too, when there is none.
plain_dump_holds() {
  [[ $SSM_plainSql != true ]] || read -r -t 0 -u "$plain"
}

# On the host, where the proof needs gzip as well: one core of it is slower than docker's stream.
plain_sql() {
  local status=0
  gzip <&"$plain" || {
    status=$?
    kill "$plain_dump" || true
  }
  wait "$plain_dump" || status=$?
  return "$status"
}
