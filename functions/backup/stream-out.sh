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
stream_out() {
  local errors=$1 status=0 empty=0 looks=0 pause stream client reader go out never
  shift
  stream=$(mktemp -d "$work/stream.XXXXXXXX")
  mkfifo "$stream/go" "$stream/out"
  in_container -i "${PG[@]}" sh -c "$until_read" until-read "$@" 2>"$errors" <"$stream/go" >"$stream/out" 3>&- &
  client=$!
  exec {go}>"$stream/go" {out}<"$stream/out" {never}<> <(:)
  cat <&"$out" 3>&- {go}>&- &
  reader=$!
  # Found empty twice: what is still on its way through Docker has its two seconds. Reading from a pipe on which nothing comes is a pause.
  while ((empty < 2)) && kill -0 "$client" 2>/dev/null && kill -0 "$reader" 2>/dev/null; do
    pause=0.02
    if [[ $(tail -n 1 "$errors") != stream-ended ]]; then
      ((++looks < 25)) || pause=0.2
    elif read -r -t 0 -u "$out"; then
      empty=0
    else
      empty=$((empty + 1))
    fi
    read -r -t "$pause" -u "$never" || true
  done
  exec {go}>&- {out}<&- {never}>&-
  wait "$reader" || status=$?
  wait "$client" || status=$?
  sed -i '/^stream-ended$/d' "$errors"
  return "$status"
}
