# Sourced by documents that capture a tree of files; needs store.sh.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# What is to be captured: entries below $tree_directory, named as `find` names them, less the excluded patterns.
# What a restore leaves in a tree (the stage of functions/restore/tree.sh, old files beside new ones) is never part of it.
left_by_restore=('.suite-backup-restore-*' '*.before-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z*')
declare -a tree_roots=(.) tree_exclude=(--no-anchored "${left_by_restore[@]/#/--exclude=}" --anchored)
declare -a tree_prune=(\( -name "${left_by_restore[0]}" -o -name "${left_by_restore[1]}" \) -prune -o)
tree_directory=
tree_warnings=
exclude_from_tree() { # PATTERN...: relative to the directory, `*` also matches `/`, as tar and find agree
  local pattern
  for pattern in "$@"; do
    tree_exclude+=("--exclude=./$pattern")
    tree_prune+=(-path "./$pattern" -prune -o)
  done
}

# A pattern may name more roots than one command line holds.
find_in_tree() {
  local i
  for ((i = 0; i < ${#tree_roots[@]}; i += 1000)); do
    (cd -- "$tree_directory" && find "${tree_roots[@]:i:1000}" -ignore_readdir_race "${tree_prune[@]}" "$@") || return
  done
}

# Records end with NUL, so that any name survives: type, size, mode, uid, gid, mtime, ctime, inode, links, path, link target.
# Sockets are no data and tar leaves them out.
list_tree() {
  find_in_tree ! -type s -printf '%y\0%s\0%m\0%U\0%G\0%T@\0%C@\0%i\0%n\0%p\0%l\0'
}

# Names without newline or backslash go to openssl in bulk (its lines are then unambiguous), the others one by one. A file that vanishes
# meanwhile has no hash, and the second list says why.
hash_tree() {
  local name odd=$'*[\n\\\\]*'
  find_in_tree -type f ! -path "$odd" -print0 |
    (cd -- "$tree_directory" && xargs --null --no-run-if-empty openssl dgst -sha256 -r) >"$work/tree/hashes" 2>"$work/hash-errors" || true
  find_in_tree -type f -path "$odd" -print0 |
    while IFS= read -r -d '' name; do
      printf '%s\0%s\0' "$(openssl dgst -sha256 -r <"$tree_directory/$name" 2>>"$work/hash-errors" | cut -c 1-64)" "$name"
    done >"$work/tree/odd-hashes"
}

# What stands in the tree is listed before and after the archive is written: an entry that differs changed while it was read, and the
# proof does not hold the archive to its content. All else must be in the archive exactly as the list and its sha256 say.
# capture_tree WHAT STEM: stores archive and inventory.
# shellcheck disable=SC2034 # for store.sh and the documents
capture_tree() {
  local what=$1 stem=$2 files raw hasher status=0
  list_once "$what" before
  refuse_running_server "$what"
  files=$(find_in_tree ! -type d ! -type s -printf x | wc -c)
  ((files > 0)) || die SourceEmpty "$what holds no files."
  # What the archive holds before it is compressed: a file with several names once, and no hole of a sparse one.
  raw=$(find_in_tree -type f -printf '%s %b %n %D:%i\n' |
    awk '$3 == 1 || !seen[$4]++ { sum += $1 < $2 * 512 ? $1 : $2 * 512 } END { printf "%.0f", sum }')

  expected_bytes=$raw
  hash_tree 3>&- &
  hasher=$!
  tolerated=1 # something changed while tar read it: the two lists tell what
  store archive "$stem.tar.zst" "$raw" archive_tree || status=$?
  tolerated=0
  ((status <= 1)) || not_readable "$what" "$work/tar-errors" ArchiveFailed
  wait "$hasher"
  list_once "$what" after
  if ! cmp --silent "$work/tree/before" "$work/tree/after"; then
    tree_warnings="{\"name\":\"FileChanged\",\"message\":$(json_string "$what changed while it was read; the proof names the entries.")}"
  fi
  store inventory "$stem.inventory.tar.zst" null inventory_archive
}

# A server's files copied while it writes them are no backup, whatever kind of source they lie in.
refuse_running_server() { # WHAT
  local lock
  while IFS= read -r -d '' lock; do
    [[ ! -e $tree_directory/${lock%/*}/PG_VERSION ]] ||
      die VolumeIsDataDirectory "$1 holds the data directory of a PostgreSQL server that runs (${lock%/*}); declare the database instead, and exclude the folder here."
  done < <(grep --null-data '^\./\(.*/\)\?postmaster\.pid$' "$work/tree/before")
}

# inventory_tree WHAT STEM: stores the inventory alone.
inventory_tree() {
  list_once "$1" before
  hash_tree
  list_once "$1" after
  store inventory "$2.inventory.tar.zst" null inventory_archive
}

list_once() { # WHAT NAME
  mkdir --parents "$work/tree"
  list_tree >"$work/tree/$2" 2>"$work/list-errors" || not_readable "$1" "$work/list-errors" InventoryFailed
}

# GNU format: exact bytes of any name, and no extra block per file. Holes of sparse files stay holes (functions/files/fill-holes.ts reads
# such entries). tar takes backslashes in its arguments for escapes unless told otherwise. Its status must reach store, not that of the
# compressor.
archive_tree() {
  local status=0
  mkfifo "$work/tar"
  printf '%s\0' "${tree_roots[@]}" >"$work/roots"
  compress <"$work/tar" 3>&- &
  tar --create --no-unquote --sparse --format=gnu --numeric-owner --anchored --wildcards-match-slash "${tree_exclude[@]}" --directory="$tree_directory" \
    --null --verbatim-files-from --files-from="$work/roots" >"$work/tar" 2>"$work/tar-errors" || status=$?
  wait $! || status=2
  return "$status"
}

inventory_archive() {
  tar --create --format=gnu --directory="$work/tree" before after hashes odd-hashes | compress
}

not_readable() { # WHAT ERRORS NAME
  local said
  said=$(first_line "$2")
  [[ $said != *'Permission denied'* ]] || die HostPermission "$1 is not wholly readable: $said"
  [[ $said != *'No space left'* ]] || die DiskFull "The scratch area ${TMPDIR:-/tmp} is full: $said"
  die "$3" "$1 could not be read to its end: ${said:-the archiver was ended from outside.}"
}
