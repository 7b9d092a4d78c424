# Sourced by documents that load a stored dump into a live server.
# $url: where the archive is.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh

# get_archive: puts the whole archive into the container's scratch area if a quarter of what is free there holds it: several jobs can
# read it then. Otherwise it is streamed each time. Sets $archive (the file, or nothing), $place (a folder in the container) and $jobs.
get_archive() {
  local said free
  archive='' place=''
  # shellcheck disable=SC2016 # expanded inside the container
  said=$(on "$maintenance" sh -c '
    place=${TMPDIR:-/tmp}/$1
    rm -rf -- "$place" && mkdir -m 700 -- "$place" && df -Pk -- "$place" | { read -r _; read -r _ _ _ free _; echo "$free"; } || exit
    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
    echo "$place"' place "suite-backup-restore-$SSM_restore" 2>"$work/errors" </dev/null) ||
    die DatabaseUnreachable "The scratch area of \"$container\" cannot be written: $(first_line "$work/errors")"
  { read -r free && read -r jobs && read -r place; } <<<"$said"
  undo remove_place
  ((jobs <= 8)) || jobs=8
  # shellcheck disable=SC2016 # expanded inside the container
  if stream sh -c 'head -c "$2" >"$1/archive" && [ "$(wc -c <"$1/archive")" -lt "$2" ]' keep "$place" "$((free * 256))"; then
    judge_stream
    archive=$place/archive
  else
    ((producers[0] == 0 || producers[0] == 23)) || judge_stream
    on "$maintenance" rm -f -- "$place/archive" </dev/null
  fi
}

remove_place() {
  on "$maintenance" rm -rf -- "$place" >/dev/null 2>&1 </dev/null || true
}

# stream COMMAND...: gives the archive to COMMAND in the container. Sets $sha256 and $stored (bytes) of what is stored, as far as it was read,
# and $producers, the statuses of those who fetched, hashed and unpacked it. What COMMAND complains of is in $work/errors.
stream() {
  local hash count
  rm -f "$work/hash" "$work/count"
  mkfifo "$work/hash" "$work/count"
  openssl dgst -sha256 -r <"$work/hash" >"$work/sha256" 3>&- &
  hash=$!
  wc -c <"$work/count" >"$work/bytes" 3>&- &
  count=$!
  set +e
  fetch "$url" | tee "$work/hash" "$work/count" 2>/dev/null | unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors" |
    on "$maintenance" "$@" 2>"$work/errors"
  producers=("${PIPESTATUS[@]}")
  set -e
  wait "$hash" "$count"
  read -r sha256 _ <"$work/sha256"
  stored=$(($(<"$work/bytes")))
  return "${producers[3]}"
}

# judge_stream: dies unless the whole archive was fetched and unpacked.
judge_stream() {
  ((producers[0] == 0)) || die DownloadFailed "The stored dump of \"$database\" could not be fetched: $(first_line "$work/fetch-errors")"
  ((producers[2] == 0)) || die ArchiveUnreadable "The stored dump of \"$database\" $(why_unreadable "$work/zstd-errors")"
}

# from_archive pg_restore OPTION...: over the archive, wherever it is.
from_archive() {
  if [[ -n $archive ]]; then
    on "$maintenance" "$@" "$archive" 2>"$work/errors" </dev/null
  else
    stream "$@"
  fi
}

# list_archive: its table of contents in $work/list. A missing extension is named before anything is made.
list_archive() {
  local missing
  from_archive pg_restore --create --list >"$work/list" || {
    [[ -n $archive ]] || ((producers[0] == 0 || producers[0] == 23)) || judge_stream
    die ArchiveUnreadable "The stored dump of \"$database\" has no table of contents that this pg_restore can read: $(said "$work/errors")"
  }
  missing=$(
    {
      printf 'create temp table wanted (name text);\ncopy wanted from stdin;\n'
      sed -nE 's/^[0-9]+; [0-9]+ [0-9]+ EXTENSION - (.*) $/\1/p' "$work/list" | sed 's/\\/\\\\/g'
      printf '\\.\n'
      echo "select string_agg(quote_ident(name), ', ' order by name) from wanted where name not in (select name from pg_available_extensions);"
    } | ask "$maintenance"
  )
  [[ -z $missing ]] ||
    die ToolMissing "The server in \"$container\" lacks extensions that the dump of \"$database\" needs: $missing. Nothing was touched."
}

# put NAME: stdin becomes a file in $place.
put() {
  # shellcheck disable=SC2016 # expanded inside the container
  on "$maintenance" sh -c 'cat >"$1"' put "$place/$1"
}

# connection_to DATABASE: as pg_restore wants it.
connection_to() {
  local name=${1//\\/\\\\}
  printf "dbname='%s'" "${name//\'/\\\'}"
}

# judge_restore WHAT: dies by what pg_restore complained of in $work/errors.
judge_restore() {
  local why
  why=$(said "$work/errors")
  [[ $superuser == t ]] || why+=" (The user that we connect as is no superuser: what only a superuser, or the owner of a thing, may do cannot be restored.)"
  ! grep -qi 'no space left' "$work/errors" || die DiskFull "The disk of the server in \"$container\" is full: $why"
  ! grep -q 'could not read from input file' "$work/errors" ||
    die ArchiveUnreadable "The stored dump of \"$database\" ends too early: $why"
  die RestoreFailed "$1: ${why:-ended without a word.}"
}
