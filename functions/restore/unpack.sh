# Sourced by restore-tree-beside: archive → stage/new. Needs tree.sh.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh

# Patterns as in .gitignore: `*` stays within a name, `**` does not (nor does any other wildcard of a pattern that has one); without a slash
# in it a pattern holds at any depth; what lies below a folder that matches comes with it. functions/files/path-patterns.ts says the same.
# $pick: as tar wants them; $patterns: `any`, `cross` or `exact`, and the pattern without its ends.
declare -a pick=() patterns=()
pick_paths() { # PATTERN...
  local pattern rest kind level
  for pattern in "$@"; do
    rest=${pattern#./}
    rest=${rest%/}
    kind=any
    [[ $rest != */* && $rest != '**' ]] || kind=exact
    rest=${rest%'/**'}
    if [[ $rest == '**/'* && ${rest#'**/'} != */* ]]; then rest=${rest#'**/'} kind=any; fi
    [[ $kind == any || $rest != *'**'* ]] || kind=cross
    rest=${rest#/}
    patterns+=("$kind $rest")
    # shellcheck disable=SC2053 # a pattern
    if [[ $kind == cross ]]; then
      pick+=(--anchored --wildcards-match-slash "./$rest")
      [[ $rest != *'/**/'* ]] || pick+=("./${rest//'/**/'//}")
    elif [[ $kind == exact ]]; then
      pick+=(--anchored --no-wildcards-match-slash "./$rest")
    elif [[ . == $rest ]]; then
      # Not at any depth: that of the archive's own `.` would bring everything.
      pick+=(--anchored --no-wildcards-match-slash)
      for ((level = 0; level < 32; level++)); do
        pick+=("./$rest")
        rest="*/$rest"
      done
    else
      [[ $rest != -* ]] || rest="[-]${rest#-}" # else tar takes it for an option
      pick+=(--no-anchored --no-wildcards-match-slash "$rest")
    fi
  done
}

# Dies when a pattern matches nothing, naming all of these. tar names, too, those whose files another pattern took already.
judge_paths() {
  local index name missing=()
  grep -q ': Not found in archive$' "$work/tar-errors" || return 0
  for index in "${!paths[@]}"; do
    while IFS= read -r -d '' name; do
      ! is_chosen "$name" "${patterns[index]%% *}" "${patterns[index]#* }" || continue 2
    done < <(find "$stage/new" -mindepth 1 -printf '%P\0')
    missing+=("\"${paths[index]}\"")
  done
  ((${#missing[@]} == 0)) || die NoFileMatches "In the stored copy of $what nothing matches ${missing[*]}."
}
# shellcheck disable=SC2053 # patterns
is_chosen() { # NAME KIND PATTERN
  local parts wanted index
  if [[ $2 == cross ]]; then
    [[ $1 == $3 || $1 == $3/* || $1 == ${3//'/**/'//} || $1 == ${3//'/**/'//}/* ]]
    return
  fi
  mapfile -d / -t parts < <(printf %s "$1")
  mapfile -d / -t wanted < <(printf %s "$3")
  for index in "${!parts[@]}"; do
    if [[ $2 == any ]]; then
      [[ ${parts[index]} != $3 ]] || return 0
    elif ((index < ${#wanted[@]})); then
      [[ ${parts[index]} == ${wanted[index]} ]] || return 1
    fi
  done
  [[ $2 == exact ]] && ((${#parts[@]} >= ${#wanted[@]}))
}

unpack() {
  local status hash count lister=()
  pick_paths "${paths[@]}"
  mkdir -- "$stage/new"
  : >"$work/begun"
  mkfifo "$work/hash" "$work/count"
  openssl dgst -sha256 -r <"$work/hash" >"$work/sha256" 3>&- &
  hash=$!
  wc -c <"$work/count" >"$work/bytes" 3>&- &
  count=$!
  if ((${#paths[@]} > 0)); then
    mkfifo "$work/listing"
    list_folders_of_archive <"$work/listing" >"$work/folders" 3>&- &
    lister=($!)
  fi
  set +e
  fetch "$url" | tee "$work/hash" "$work/count" | decompress |
    tar --extract --directory="$stage/new" --numeric-owner --same-owner --preserve-permissions --delay-directory-restore --no-unquote --wildcards \
      --warning=no-timestamp --quoting-style=literal --verbose --index-file="$work/index" "${pick[@]}" 2>"$work/tar-errors"
  status=("${PIPESTATUS[@]}")
  set -e
  wait "$hash" "$count" "${lister[@]}" || true
  # tar first: when it gives up, the others are only cut off.
  if ((status[3] != 0)) && grep -vE ': Not found in archive$|Exiting with failure status|^tar: (Unexpected EOF|Error is not recoverable|This does not look like)' "$work/tar-errors" >"$work/said"; then
    ! grep -q 'Cannot hard link to' "$work/said" ||
      die RestoreFailed "$what: a chosen file shares its content with one that no pattern names; name that, too: $(grep -m 3 'Cannot hard link to' "$work/said" | tr '\n' ' ')"
    judge_disk "$work/said" RestoreFailed
  fi
  ((status[0] == 0)) || die DownloadFailed "The stored copy of $what could not be fetched: $(first_line "$work/fetch-errors")"
  ((status[2] == 0)) || die ArchiveUnreadable "The stored copy of $what $(why_unreadable "$work/zstd-errors")"
  ((status[3] == 0)) || ! grep -vqE ': Not found in archive$|Exiting with failure status' "$work/tar-errors" ||
    die ArchiveUnreadable "The stored copy of $what ends too early: $(first_line "$work/tar-errors")"
  judge_paths
  # An archive of one file has no entry for a folder above it.
  [[ ${#paths[@]} -gt 0 || $SSM_kind != path || $(head -n 1 "$work/index") == ./ ]] || : >"$work/is-file"
  entries=$(find "$stage/new" -mindepth 1 -printf x | wc -c)
  bytes=$(find "$stage/new" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }')
}

decompress() {
  if ((${#paths[@]} == 0)); then
    unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors"
  else
    unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors" | tee "$work/listing"
  fi
}
# A line a folder: mode, owner, time, name.
list_folders_of_archive() {
  tar --list --verbose --numeric-owner --utc --full-time --quoting-style=escape 2>/dev/null | grep '^d' || true
  cat >/dev/null
}

# Folders above what was chosen: those that are made become what they were, or, when the archive does not hold them, as the folder they
# will lie in.
adopt_folders() {
  local folder name place
  local -a attributes
  local -A stored=()
  find "$stage/new" -mindepth 1 -type d -newer "$work/begun" -perm 700 -printf '%P\0' | keep_list implied
  [[ ! -s $stage/implied || ! -e $work/folders ]] || read_folders
  while IFS= read -r -d '' name; do
    folder=$stage/new/$name place=$home/$name
    if [[ -n ${stored[/$name]+set} ]]; then
      read -r -a attributes <<<"${stored[/$name]}"
      set_attributes "$folder" "${attributes[@]}"
      continue
    fi
    while ! is_folder "$place"; do place=${place%/*}; done
    chown --reference="$place" -- "$folder" && chmod --reference="$place" -- "$folder"
  done <"$stage/implied"
}
# stored[/NAME]: mode (as chmod takes it), user, group and time.
read_folders() {
  local line name mode
  while IFS= read -r line; do
    [[ $line =~ ^d(...)(...)(...)[^\ ]*\ +([0-9]+)/([0-9]+)\ +[0-9]+\ ([0-9-]+\ [0-9:.]+)\ \./(.*)/$ ]] || continue
    printf -v name '%b' "${BASH_REMATCH[7]}x"
    mode=u=${BASH_REMATCH[1]},g=${BASH_REMATCH[2]},o=${BASH_REMATCH[3]}
    mode=${mode//-/} mode=${mode//s/xs} mode=${mode//t/xt} mode=${mode//S/s} mode=${mode//T/t}
    stored[/${name%x}]="$mode ${BASH_REMATCH[4]} ${BASH_REMATCH[5]} $(date --utc --date="${BASH_REMATCH[6]}" +%s)"
  done <"$work/folders"
}
