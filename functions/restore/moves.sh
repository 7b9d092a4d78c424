# Sourced by documents that put a tree in place or take it back; needs tree.sh. Everything that moves is listed in the stage first:
#   new/     what is restored          in     names that go from new/ to their places
#   before/  what was there            out    names that go from their places to before/
#   up       before/ is complete: from here on something of new/ may be in its place; as long as it is missing, nothing is
#   done     all is in its place       down/  what was taken from its place again
#   meanwhile.*/  what somebody else put in a place of ours while things moved
# So both directions can go on from wherever the other, or they themselves, were ended.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# Never moved: what the source excludes (no backup has it), and what else is mounted in the tree; the folders above are gone into.
declare -A fixed=() entered=()
find_fixed() { # $exclude and the mounts say what they are
  local name mount tests=()
  for name in "${exclude[@]}"; do tests+=(-o -path "./$name"); done
  (cd -- "$home" && find . -mindepth 1 -ignore_readdir_race -path './.suite-backup-restore-*' -prune -o \( -false "${tests[@]}" \) -prune -printf '%P\0') | keep_list fixed
  {
    while IFS= read -r -d '' name; do above "$name"; done <"$stage/fixed"
    for mount in "${!container_mounts[@]}"; do
      [[ $mount != "$resolved"/?* ]] || { name=${mount#"$resolved/"} && printf '%s\0' "$name" && above "$name"; }
    done
    while read -r _ _ _ _ mount _; do
      printf -v mount %b "$mount"
      [[ $mount != "$home"/?* ]] || { name=${mount#"$home/"} && printf '%s\0' "$name" && above "$name"; }
    done </proc/self/mountinfo
  } | keep_list entered
}
above() { # NAME: the folders above it
  local name=$1
  while [[ $name == */* ]]; do
    name=${name%/*}
    printf '%s\0' "$name"
  done
}
read_fixed() {
  local name
  while IFS= read -r -d '' name; do fixed[/$name]=1; done <"$stage/fixed"
  while IFS= read -r -d '' name; do entered[/$name]=1; done <"$stage/entered"
}

# The names that go up, from the top: a folder that is there already is gone into where only parts of it are restored. A link is never
# gone through, except a declared one that stays within its directory: the files behind it were named through it.
list_new() { # [FOLDER/]
  local path name
  for path in "$stage/new/$1"*; do
    name=${path#"$stage/new/"}
    if is_folder "$path" && [[ $mode != whole || -n ${entered[/$name]+set} ]] && may_enter "$name"; then
      list_new "$name/"
    else
      printf '%s\0' "$name"
    fi
  done
}
may_enter() { # NAME
  local real
  ! is_folder "$home/$1" || return 0
  [[ $mode == files && -d $home/$1 ]] || return 1
  real=$(realpath -- "$home/$1")
  [[ $real/ == "$(realpath -- "$home")"/* ]] || die SwapFailed "$what: \"$1\" is a link that leads out of it, to $real; nothing is written there."
}
list_old() { # [FOLDER/]: what stands in the tree
  local path name
  for path in "$home/$1"*; do
    name=${path#"$home/"}
    [[ $name != .suite-backup-restore-* && -z ${fixed[/$name]+set} ]] || continue
    if is_folder "$path" && [[ -n ${entered[/$name]+set} ]]; then list_old "$name/"; else printf '%s\0' "$name"; fi
  done
}
list_existing() { # LIST
  local name
  while IFS= read -r -d '' name; do ! exists "$home/$name" || printf '%s\0' "$name"; done <"$stage/$1"
}

# move_all LIST FROM TO: what of the list is in FROM. Where one of the two is the tree and holds something else of that name, that goes aside.
move_all() {
  local name single_moves
  single_moves=$([[ -s $stage/entered || $(stat --file-system --format=%T -- "$home") == overlayfs ]] && printf yes) || true
  : >"$work/bulk"
  while IFS= read -r -d '' name; do
    exists "$2/$name" || continue
    ! exists "$3/$name" || set_aside "$name"
    exists "$2/$name" || continue
    if [[ -n $single_moves || $name == */* ]]; then move "$2/$name" "$3/$name"; else printf './%s\0' "$name" >>"$work/bulk"; fi
  done <"$1"
  (cd -- "$2" && xargs --null --no-run-if-empty mv --no-clobber --target-directory="$3" --) <"$work/bulk" 2>"$work/move-errors" ||
    judge_disk "$work/move-errors" SwapFailed
}
aside=
set_aside() { # NAME in the tree
  [[ -n $aside ]] && ! exists "$aside/$1" || aside=$(mktemp --directory "$stage/meanwhile.XXXXXX")
  move "$home/$1" "$aside/$1"
}

# One rename; where that cannot be (a folder of a lower layer of an overlay, a mount) a copy that is complete before the original goes.
move() { # FROM TO
  stay_within "$1" && stay_within "$2"
  mkdir --parents -- "${2%/*}"
  if ! needs_copy "$1" "$2"; then
    mv --no-clobber --no-target-directory -- "$1" "$2" 2>"$work/move-errors" || judge_disk "$work/move-errors" SwapFailed
    return
  fi
  printf '%s\0' "${1#"$home/"}" "${2#"$home/"}" | keep_list copying
  if ! { rm -rf -- "${2%/*}/$stage_name.partial" && cp --archive --no-target-directory -- "$1" "${2%/*}/$stage_name.partial"; } 2>"$work/move-errors"; then
    finish_copy
    judge_disk "$work/move-errors" SwapFailed
  fi
  sync --file-system "${2%/*}"
  mv -- "$stage/copying" "$stage/copied"
  finish_copy
}
# A folder above a name may have become a link since the name was listed.
stay_within() { # PATH
  local name=${1#"$home/"} above=${1%/*}
  [[ $name == */* && $1 != "$stage"/* ]] || return 0
  while ! exists "$above"; do above=${above%/*}; done
  [[ $(realpath -- "$above")/ == "$(realpath -- "$home")"/* ]] || die SwapFailed "$what: \"$name\" lies behind a link that leads out of it."
}
# A rename over a folder that is not empty always fails, but says whether it was for that.
needs_copy() { # FROM TO
  [[ $(stat --format=%d -- "${1%/*}") == "$(stat --format=%d -- "${2%/*}")" ]] || return 0
  is_folder "$1" || return 1
  mkdir --parents "$stage/probe/full"
  ! mv --no-target-directory -- "$1" "$stage/probe" 2>"$work/probe" || die SwapFailed "$what: $1 went where nothing may go."
  grep -q 'inter-device' "$work/probe"
}
# What a copy left that was ended: one that was not complete is removed, of one that was the original is.
finish_copy() {
  local ends to
  [[ ! -e $stage/copying ]] || {
    mapfile -d '' -t ends <"$stage/copying"
    to=$home/${ends[1]}
    rm -rf -- "${to%/*}/$stage_name.partial"
    rm -f -- "$stage/copying"
  }
  [[ -e $stage/copied ]] || return 0
  mapfile -d '' -t ends <"$stage/copied"
  to=$home/${ends[1]}
  ! exists "${to%/*}/$stage_name.partial" || mv --no-target-directory -- "${to%/*}/$stage_name.partial" "$to"
  rm -rf --one-file-system -- "${home:?}/${ends[0]}"
  rm -f -- "$stage/copied"
}
