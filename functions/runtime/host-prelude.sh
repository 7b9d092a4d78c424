#!/usr/bin/env bash
# The beginning of every host document: strict mode, one JSON result on stdout, errors by name, and undoing what was started.
# The SSM agent runs it as root on the Docker host with SSM_<parameter> in the environment; nothing else reaches it.
# shellcheck shell=bash
set -Eeuo pipefail
umask 077
export LC_ALL=C

# stdout is for the one result line (the API returns only its first 24,000 characters); everything else goes to the log.
exec 3>&1 1>&2

# error table

json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  text=${text//$'\r'/\\r}
  text=${text//[$'\x01'-$'\x1f\x7f']/ }
  printf '"%s"' "$text"
}

# Only the first result counts: an error inside $(...) is told there, and must not be told again by whoever sees it fail.
result() {
  if mkdir "$work/said" 2>/dev/null || [[ ! -d $work/said ]]; then
    printf '%s\n' "$1" >&3
  fi
}

# Prints how many KiB are free in the scratch area when they are so few that whatever fails now may fail for that.
full_scratch() {
  local free
  free=$(df --output=avail -k "${TMPDIR:-/tmp}" 2>/dev/null | tail -n 1) && ((free < 64)) && printf '%d' "$free"
}

# die NAME MESSAGE: NAME is one of functions/contract/errors.ts. A full disk behind it is recognised: what a tool wanted to say about it often
# found no space either.
die() {
  local name=$1 message=$2 free
  if [[ $name != DiskFull ]] && free=$(full_scratch); then
    name=DiskFull message="The scratch area ${TMPDIR:-/tmp} is full ($free KiB free): $message"
  fi
  printf '%s: %s\n' "$name" "$message" >&2 # inside a pipeline, stdout is the pipe
  result "{\"error\":{\"name\":$(json_string "$name"),\"message\":$(json_string "${message:0:2000}")}}"
  exit "${EXIT_OF[$name]:-1}" # EXIT_OF: the error table, put in when the document is made
}

# decode VARIABLE PARAMETER: a parameter that holds free text travels as base64 and is never part of any command text.
decode() {
  local -n _target=$1
  local _parameter=SSM_$2
  IFS= read -r -d '' _target < <(printf '%s' "${!_parameter}" | base64 --decode) || true
}

# decode_list ARRAY PARAMETER: the same for a list, NUL-separated inside.
decode_list() {
  local -n _targets=$1
  local _parameter=SSM_$2
  # shellcheck disable=SC2034 # a name reference
  mapfile -d '' -t _targets < <(printf '%s' "${!_parameter}" | base64 --decode)
}

# need TOOL...: every missing tool in one message.
need() {
  local tool missing=()
  for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || die ToolMissing "The host lacks: ${missing[*]}."
}

progress() { # progress SOURCE BYTES NOTE
  printf 'progress {"source":%s,"bytes":%s,"note":%s}\n' "$(json_string "$1")" "$2" "$(json_string "$3")"
}

now() {
  printf '%s' "$EPOCHREALTIME"
}

seconds_since() {
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f", to - from }'
}

# Everything below $work goes away at the end, whatever happens; undo COMMAND... is run then too, last one first.
work=$(mktemp -d "${TMPDIR:-/tmp}/suite-backup.$$.XXXXXXXX")
declare -a UNDO=()
undo() {
  UNDO+=("$(printf '%q ' "$@")")
}

finish() {
  local status=$? i
  # A child that is ended right after its fork still has our traps, and would undo and end all that its parent has at work (measured: one store
  # of 200 under load).
  [[ $BASHPID == "$$" ]] || exit "$status"
  trap '' TERM INT HUP
  set +e
  for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do
    eval "${UNDO[i]}" # quoted by undo() itself with %q
  done
  local children
  mapfile -t children < <(jobs -rp) # the number of one that has ended may belong to somebody else
  ((${#children[@]} == 0)) || kill -TERM "${children[@]}" 2>/dev/null
  rm -rf -- "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

# A command that fails without a name of its own: say which, and recognise the full disk behind it.
unexpected() {
  local status=$1 command=$2 line=$3 free
  if free=$(full_scratch); then
    die DiskFull "The scratch area ${TMPDIR:-/tmp} is full ($free KiB free) while running: $command"
  fi
  printf 'line %s: exit %s: %s\n' "$line" "$status" "$command" >&2
}
trap 'unexpected $? "$BASH_COMMAND" "$LINENO"' ERR

# in_container [docker exec options] CONTAINER COMMAND...: the token lets end_in_container find what we started there, because ending
# the docker client does not end the process inside.
token=suite-backup-${SSM_COMMAND_ID:-$$}
in_container() {
  docker exec --env "SUITE_BACKUP_COMMAND=$token" "$@"
}

# Ends what runs there with our token, and removes what lies there under its name. A document that came to its end well has left nothing, and
# looking at every process of a busy container takes a second where its grep does not know -z.
end_in_container() {
  ((${status:-1} != 0)) || return 0 # of finish
  # shellcheck disable=SC2016 # expanded inside the container
  docker exec "$1" sh -c '
    rm -rf -- "${TMPDIR:-/tmp}/$1"
    if echo | grep -qz . 2>/dev/null; then # looks at all at once
      for environ in $(grep -lszx "SUITE_BACKUP_COMMAND=$1" /proc/[0-9]*/environ); do
        process=${environ%/environ}
        kill -TERM "${process#/proc/}" 2>/dev/null
      done
      exit
    fi
    for process in /proc/[0-9]*; do
      if tr "\000" "\n" <"$process/environ" 2>/dev/null | grep -qx "SUITE_BACKUP_COMMAND=$1"; then
        kill -TERM "${process#/proc/}" 2>/dev/null
      fi
    done' end "$token" >/dev/null 2>&1 || true
}

first_line() { # of a file, without control characters, at most 500 characters
  head -c 2000 "$1" 2>/dev/null | tr '\n' ' ' | cut -c 1-500 || true
}
