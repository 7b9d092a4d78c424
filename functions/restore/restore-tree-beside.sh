#!/usr/bin/env bash
# Unpacks a stored tree beside what is there (or into another folder), owners, modes, links and times kept, and hashes every stored byte on
# the way. Nothing that was there is touched; an earlier attempt is taken back first.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source tree.sh
# source moves.sh
# source in-place.sh
# source unpack.sh

need curl zstd tar openssl tee find awk stat base64 realpath sed xargs
find_way
decode to to
decode previous previous
decode_list paths paths
decode new_volume newVolume
decode_list labels labels
exclude=()

if [[ -n $to ]]; then
  locate_other_folder "$to"
  (umask 022 && mkdir --parents -- "$target")
  find_stage || [[ -z $(find "$target" -mindepth 1 -print -quit) ]] || die SwapFailed "$what is not empty; name one that is, or one that does not exist."
else
  locate_tree
  if [[ $SSM_kind == volume && -z $target ]]; then
    # By the name and with the labels it had: compose takes no other for its own.
    docker volume create "${labels[@]/#/--label=}" "$new_volume" >/dev/null 2>"$work/create-errors" ||
      die HostPermission "The volume \"$new_volume\" could not be made: $(first_line "$work/create-errors")"
    locate_tree
  fi
  need_target
  [[ $SSM_kind != volume ]] || refuse_data_directory "$volume" "$target"
  [[ $SSM_kind != files ]] || (umask 022 && mkdir --parents -- "$target")
fi

if find_stage; then
  back
  keep_time "$home" clear_stage
fi
if ! is_folder "$target"; then
  home=${target%/*} in_parent=1
  (umask 022 && mkdir --parents -- "$home") 2>"$work/make-errors" || judge_disk "$work/make-errors" RestoreFailed
else
  home=$target in_parent=0
fi
stage=$home/$stage_name

# What must hold when this ends badly: nothing of it is left.
make_stage() {
  [[ -d $stage ]] || mkdir -- "$stage" 2>"$work/make-errors" || judge_disk "$work/make-errors" RestoreFailed
  chmod 00700 -- "$stage" # all five digits: a setgid bit that it got from the folder would go to what is unpacked
}
leave() {
  [[ -e $stage/ready ]] || ! is_folder "$stage" || keep_time "$home" remove_stage
}
save=
[[ -e $stage/attributes ]] || save=$(stat --format='%a %u %g %.9Y' -- "$home")
undo leave
keep_time "$home" make_stage
[[ -z $save ]] || printf '%s\n' "$save" | keep_list attributes

started=$(now)
unpack
mode=whole
if [[ -z $to && ($SSM_kind == files || -e $work/is-file) ]]; then mode=files; fi
if ((${#paths[@]} > 0)) && [[ $mode == whole && -z $to ]]; then mode=entries; fi

# A folder that is not there yet comes with its stage; what was a file and is a folder now, or the other way round, is no swap.
if ((in_parent)) && [[ ! -e $work/is-file ]]; then
  ! exists "$target" || die SwapFailed "$what was a folder when the point was made and is a file now; move it out of the way."
  mkdir --mode=755 -- "$target"
  printf '755 %s %s 0\n' "$(id --user)" "$(id --group)" | keep_list attributes
  keep_time "$home" mv --no-target-directory -- "$stage" "$target/$stage_name"
  home=$target stage=$target/$stage_name
elif ((!in_parent)) && [[ -z $to && $SSM_kind != files && -e $work/is-file ]]; then
  die SwapFailed "$what was a file when the point was made and is a folder now; move it out of the way."
fi

adopt_folders
[[ $mode != whole || -e $work/is-file ]] || save_attributes "$stage/new" root
printf '%s' "$mode" | keep_list mode
[[ $mode != files ]] || list_new '' >/dev/null # says what cannot be put in place
sync --file-system "$stage"
: >"$stage/ready"
place=$stage
if [[ -n $to ]]; then
  forward
  rm -f -- "$stage/ready"
  keep_time "$home" rm -rf --one-file-system -- "$stage"
  place=$to
fi
read -r sha256 _ <"$work/sha256"
result "{\"stage\":$(json_string "$place"),\"entries\":$entries,\"bytes\":$bytes,\"sha256\":\"$sha256\",\"storedBytes\":$(($(<"$work/bytes"))),\"seconds\":$(seconds_since "$started")}"
