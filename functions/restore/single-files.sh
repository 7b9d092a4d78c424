# Sourced by in-place.sh: files one by one, the old one staying beside the new as `<name>.before-<point>`. A name never stands for
# nothing meanwhile: the old gets its second name first, and the new takes the first by a rename.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# The suffix of the plan, with a number when an earlier restore of the same point left one of these names.
choose_suffix() {
  local name suffix number=1 taken=1
  while ((taken)); do
    suffix=.${previous#.}$( ((number == 1)) || printf -- '-%d' "$number")
    taken=0
    while IFS= read -r -d '' name; do
      ! exists "$home/$name$suffix" || taken=1
    done <"$stage/names"
    ((++number))
  done
  printf '%s' "$suffix" | keep_list suffix
}

declare -A was_there=() # names that stood for something before anything of the restore did
same_file() { # links themselves, not what they lead to
  [[ $(stat --format=%d:%i -- "$1") == "$(stat --format=%d:%i -- "$2")" ]]
}

# A file that is mounted into a container by itself: what takes its name on the host never comes into the container. So it is written
# into, and the old is a copy.
is_mounted() {
  [[ $SSM_kind == path && -n ${container_mounts[$resolved]+set} && -f $1 && ! -L $1 ]]
}
copy_to() { # FILE COPY: there whole or not at all
  cp --archive --no-target-directory -- "$1" "$stage/copy"
  sync -- "$stage/copy"
  mv --no-target-directory -- "$stage/copy" "$2"
}
write_into() { # FILE FROM
  cat -- "$2" >"$1" && chown --reference="$2" -- "$1" && chmod --reference="$2" -- "$1" && touch --reference="$2" -- "$1"
}

forward_file() { # NAME
  local name=$1 path=$home/$1 kept from
  kept=$path$(<"$stage/suffix")
  from=$stage/new/$name
  exists "$from" || from=$stage/down/$name
  exists "$from" || return 0
  stay_within "$path"
  if is_mounted "$path" && [[ -f $from && ! -L $from ]]; then
    exists "$kept" || copy_to "$path" "$kept"
    write_into "$path" "$from"
    rm -f -- "$from"
    return
  fi
  if exists "$path"; then
    if is_folder "$path" || is_folder "$from"; then
      ! exists "$kept" || die SwapFailed "$what: $kept is in the way."
      move "$path" "$kept"
    else
      exists "$kept" || ln --physical -- "$path" "$kept"
      same_file "$path" "$kept" || die SwapFailed "$what: $kept is in the way."
    fi
  fi
  mkdir --parents -- "${path%/*}"
  mv --no-target-directory -- "$from" "$path"
}

back_file() { # NAME
  local name=$1 path=$home/$1 kept down=$stage/down/$1
  kept=$path$(<"$stage/suffix")
  stay_within "$path"
  mkdir --parents -- "${down%/*}"
  if [[ -z ${was_there[/$name]+set} ]]; then
    # Nothing of ours is there as long as it is still beside.
    if ! exists "$stage/new/$name" && exists "$path" && ! exists "$down"; then move "$path" "$down"; fi
  elif ! exists "$kept"; then
    # Either it was never touched, or it is back already.
    exists "$stage/new/$name" || exists "$down" || die PutBackFailed "$what: $kept, which is to go back, is gone."
  elif ! exists "$path"; then
    move "$kept" "$path"
  elif is_mounted "$path" && [[ -f $kept && ! -L $kept ]]; then
    exists "$stage/new/$name" || exists "$down" || copy_to "$path" "$down"
    write_into "$path" "$kept"
    rm -f -- "$kept"
  elif exists "$stage/new/$name"; then
    ! same_file "$path" "$kept" || rm -f -- "$kept"
  elif is_folder "$path" || is_folder "$kept"; then
    move "$path" "$down"
    move "$kept" "$path"
  else
    exists "$down" || ln --physical -- "$path" "$down"
    mv --no-target-directory -- "$kept" "$path"
  fi
}
