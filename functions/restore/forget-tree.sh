#!/usr/bin/env bash
# Removes what a restore kept of the old, and what lies beside for good. Never what was only half put in its place.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source tree.sh

need find base64 wc rm realpath
locate_tree
# A volume that is gone has taken what was kept with it; of anything else it still lies somewhere.
[[ $SSM_kind == volume ]] || need_target
count=0

# The stage gets another name first: half removed it would be taken for a restore that was ended.
remove_forgotten() {
  local folder
  for folder in "$target/$stage_name.forgotten" "${target%/*}/$stage_name.forgotten"; do
    ! is_folder "$folder" || keep_time "${folder%/*}" rm -rf --one-file-system -- "$folder"
  done
}
rename_stage() {
  mv --no-target-directory -- "$stage" "$stage.forgotten"
}

if [[ -n $target ]] && find_stage; then
  [[ ! -e $stage/in || -e $stage/done ]] ||
    die SwapFailed "$what is only half in its place: put it back, or let the restore go on, before its old is forgotten."
  if [[ -e $stage/suffix && -e $stage/done ]]; then
    suffix=$(<"$stage/suffix")
    while IFS= read -r -d '' name; do
      exists "$home/$name$suffix" || continue
      count=$((count + $(find "$home/$name$suffix" ! -type d -printf x | wc -c)))
      rm -rf --one-file-system -- "${home:?}/$name$suffix"
    done <"$stage/out"
  fi
  for folder in before new undone. meanwhile.; do
    count=$((count + $(find "$stage" -mindepth 2 ! -type d -path "$stage/$folder*" -printf x | wc -c)))
  done
  keep_time "$home" rename_stage
fi
[[ -z $target ]] || remove_forgotten
result "{\"removed\":$count}"
