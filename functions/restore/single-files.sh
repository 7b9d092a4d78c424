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

forward_file() { # NAME
  local name=$1 path=$home/$1 kept from
  kept=$path$(<"$stage/suffix")
  from=$stage/new/$name
  exists "$from" || from=$stage/down/$name
  exists "$from" || return 0
  stay_within "$path"
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
