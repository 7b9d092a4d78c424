# Sourced by documents that put a tree in place or take it back; needs moves.sh, whose head says what lies in the stage.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source single-files.sh

shopt -s dotglob nullglob
mode=''
# whole: the tree becomes what new/ is; entries: only what is in new/ takes its places; files: so too, the old one staying beside it.
read_mode() {
  mode=$(<"$stage/mode")
}

forward() {
  finish_copy
  [[ ! -e $stage/done ]] || return 0
  [[ -e $stage/ready ]] || die SwapFailed "$what: nothing lies beside it that could take its place; restore it beside first."
  read_mode
  [[ -e $stage/in ]] || prepare
  read_fixed
  if [[ $mode == files ]]; then
    each_name in forward_file
  else
    if [[ ! -e $stage/up ]]; then
      move_all "$stage/out" "$home" "$stage/before"
      : >"$stage/up"
    fi
    move_all "$stage/in" "$stage/new" "$home"
    [[ ! -d $stage/down ]] || move_all "$stage/in" "$stage/down" "$home"
    [[ ! -e $stage/root ]] || apply_attributes "$home" root
  fi
  apply_folders point
  sync --file-system "$stage"
  rm -f -- "$stage/changed"
  : >"$stage/done"
}

prepare() {
  mkdir --parents "$stage/before"
  if [[ $mode == whole ]]; then find_fixed; else : >"$stage/fixed" && : >"$stage/entered"; fi
  read_fixed
  list_new '' | keep_list names
  if [[ $mode == files ]]; then choose_suffix; fi
  if [[ $mode == whole ]]; then list_old ''; else list_existing names; fi | keep_list out
  list_parents | keep_list parents
  list_folders '' | keep_list folders
  mv -- "$stage/names" "$stage/in" # the last: with it, moving has begun
}

# The times of the folders in which names come and go.
list_parents() {
  local name folder
  local -A seen=()
  while IFS= read -r -d '' name; do
    folder=.
    [[ $name != */* ]] || folder=./${name%/*}
    if [[ -z ${seen[/$folder]+set} ]] && is_folder "$home/$folder"; then
      seen[/$folder]=1
      stat --printf='%.9Y\0' -- "$home/$folder"
      printf '%s\0' "$folder"
    fi
  done < <(cat -- "$stage/names" "$stage/out")
}
restore_parents() {
  local time folder
  while IFS= read -r -d '' time && IFS= read -r -d '' folder; do
    ! is_folder "$home/$folder" || touch --no-create --date="@$time" -- "$home/$folder"
  done <"$stage/parents"
}

# Folders of new/ that do not go up themselves because they are there already: as they are, and as they become. What only lies above
# the chosen stays as it is, and so does what is mounted.
list_folders() { # [FOLDER/]
  local path name
  local -A implied=()
  [[ ! -e $stage/implied ]] || while IFS= read -r -d '' name; do implied[/$name]=1; done <"$stage/implied"
  for path in "$stage/new/$1"*; do
    name=${path#"$stage/new/"}
    is_folder "$path" || continue
    is_folder "$home/$name" || continue
    [[ $mode != whole || -n ${entered[/$name]+set} ]] || continue
    if [[ -z ${implied[/$name]+set} ]] && ! mountpoint --quiet -- "$home/$name"; then
      printf '%s\0' "$name"
      stat --printf='%a %u %g %.9Y\0' -- "$home/$name" "$path"
    fi
    list_folders "$name/"
  done
}
apply_folders() { # live|point
  local name live point mode user group time
  [[ -e $stage/folders ]] || return 0
  # shellcheck disable=SC2034 # read by their names
  while IFS= read -r -d '' name && IFS= read -r -d '' live && IFS= read -r -d '' point; do
    is_folder "$home/$name" || continue
    stay_within "$home/$name"
    [[ $1 == live ]] || live=$point
    read -r mode user group time <<<"$live"
    set_attributes "$home/$name" "$mode" "$user" "$group" "$time"
  done <"$stage/folders"
}

# back: from wherever forward, or an earlier back, was ended. What was written since is kept: in down/, with all that was restored, when
# anything of it changed.
back() {
  local name
  finish_copy
  [[ -e $stage/in ]] || return 0
  read_mode
  read_fixed
  if [[ -e $stage/done ]]; then
    changed_since | wc -c | keep_list changed
    rm -f -- "$stage/done"
  fi
  mkdir --parents "$stage/down" "$stage/before"
  if [[ $mode == files ]]; then
    while IFS= read -r -d '' name; do was_there[/$name]=1; done <"$stage/out"
    each_name in back_file
  else
    if [[ -e $stage/up ]]; then
      each_name in take_down
      if [[ $mode == whole ]]; then
        list_old '' >"$work/others"
        while IFS= read -r -d '' name; do set_aside "$name"; done <"$work/others"
      fi
      rm -f -- "$stage/up"
    fi
    move_all "$stage/out" "$stage/before" "$home"
  fi
  [[ -z $(find "$stage/before" ! -type d -print -quit) ]] || die PutBackFailed "$what: something of the old still lies in $stage/before."
  restore_parents
  apply_folders live
  [[ $mode != whole ]] || apply_attributes "$home" attributes
}
take_down() { # NAME: unless it never went up
  ! exists "$stage/new/$1" || return 0
  exists "$home/$1" || return 0
  if exists "$stage/down/$1"; then set_aside "$1"; else move "$home/$1" "$stage/down/$1"; fi
}

each_name() { # LIST FUNCTION
  local name
  while IFS= read -r -d '' name; do "$2" "$name"; done <"$stage/$1"
}

# A dot for each entry that was written, made or renamed since all was in its place; its own time may be a restored one, even of the future.
# Somebody may be at work here: what goes away while find looks, or cannot be looked at, counts as changed, and so is kept.
changed_since() {
  if [[ $mode == whole ]]; then
    list_old ''
  else
    list_existing in
  fi | (# shellcheck disable=SC2016 # expanded by sh
    cd -- "$home" && sed --null-data 's,^,./,' |
    xargs --null --no-run-if-empty sh -c 'done=$1 && shift && find "$@" -ignore_readdir_race -cnewer "$done" -printf . || printf .' changed "$stage/done")
}

# What is left when all is back: nothing, or what was written since, as undone/. Prints where that is.
clear_stage() {
  rm -f -- "$stage/ready"
  rm -rf --one-file-system -- "$stage/new" "$stage/before" "$stage/probe"
  if [[ -n $(find "$stage/down" ! -type d -print -quit 2>/dev/null) ]]; then
    if [[ -e $stage/changed && $(<"$stage/changed") != 0 ]]; then
      mv --no-target-directory -- "$stage/down" "$(mktemp --directory "$stage/undone.XXXXXX")"
    fi
  fi
  rm -rf --one-file-system -- "$stage/down"
  rm -f -- "$stage/in"
  rm -f -- "$stage"/{changed,fixed,entered,parents,folders,implied,out,names,root,suffix,mode,copying,copied,attributes,ready,done,up}.part \
    "$stage"/{changed,fixed,entered,parents,folders,implied,out,names,root,suffix,mode,copy}
}
# The same where nothing will be restored any more.
remove_stage() {
  clear_stage
  local left=("$stage"/undone.* "$stage"/meanwhile.*)
  if ((${#left[@]} == 0)); then
    rm -f -- "$stage/attributes"
    rmdir -- "$stage"
  fi
}
