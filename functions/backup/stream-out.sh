# Sourced by capture-database: what a command in its container writes, to the last byte.
# shellcheck shell=bash disable=SC2154 # connect() assigns

# Docker closes the streams of a command two seconds after its end, read or not, and its client ends with 0 (moby, daemon/monitor.go; measured
# with engine 20.10: of 1,350,000 bytes for a reader that slept, 6,512 never came). An upload on a slow line, or a dump that is stored after
# another one, stands still for longer. So the command stays until all that it wrote has been read here.
# shellcheck disable=SC2016 # expanded inside the container
until_read='
  status=0
  "$@" </dev/null || status=$?
  echo stream-ended >&2
  read -r go
  exit "$status"'

# stream_out ERRORS COMMAND...: runs it where $PG leads, and gives back its status; what it says goes to the file ERRORS.
# Pipes without a name: to open a named one waits for the other end, and whoever is ended meanwhile leaves the other waiting for ever. A pause
# by `read -t` is none here: bash aborts when a trap ends it (5.2: "longjmp causes uninitialized stack frame", 15 of 20 times).
stream_out() {
  local errors=$1 status=0 empty=0 looks=0 pause client reader both go go_end out out_end
  shift
  : >"$errors"
  exec {both}<> <(:)
  exec {go_end}<"/dev/fd/$both" {go}>"/dev/fd/$both" {both}>&-
  exec {both}<> <(:)
  exec {out}<"/dev/fd/$both" {out_end}>"/dev/fd/$both" {both}>&-
  (
    exec <&"$go_end" >&"$out_end" 2>"$errors" 3>&- {go}>&- {go_end}<&- {out}<&- {out_end}>&-
    in_container -i "${PG[@]}" sh -c "$until_read" until-read "$@"
  ) &
  client=$!
  exec {go_end}<&- {out_end}>&-
  cat <&"$out" 3>&- {go}>&- &
  reader=$!
  # Found empty five times in a row: what is still on its way through Docker has its two seconds.
  while ((empty < 5)) && kill -0 "$client" 2>/dev/null && kill -0 "$reader" 2>/dev/null; do
    pause=0.02
    if ! grep -q 'stream-ended$' "$errors"; then
      ((++looks < 25)) || pause=0.2
    elif read -r -t 0 -u "$out"; then
      empty=0
    else
      empty=$((empty + 1))
    fi
    sleep "$pause" &>/dev/null 3>&- {go}>&- || true
  done
  exec {go}>&- {out}<&-
  wait "$reader" || status=$?
  wait "$client" || status=$?
  # Behind words that had no end of line, too.
  sed -i -e '/^stream-ended$/d' -e 's/stream-ended$//' "$errors"
  return "$status"
}
