#!/usr/bin/env bash
# Puts what lies beside a tree in its place, or takes it back. Each step is a rename inside the tree; ended anywhere, it goes on in either
# direction when it runs again, and a second run finds nothing to do.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source tree.sh
# source moves.sh
# source in-place.sh

need find stat realpath sed xargs sync base64 wc
decode previous previous
decode_list exclude exclude
locate_tree
need_target
started=$(now)
swapped=true kept=0 newer=0 undone=null suffix=

# Files of the old that lie aside, and those of them that are younger than the point, whose time is in the name of the old.
count_kept() {
  local since
  since=$(grep -Eo '[0-9]{8}T[0-9]{6}Z' <<<"$previous" | head -n 1) || true
  since=${since:-99991231T000000Z}
  since="${since:0:4}-${since:4:2}-${since:6:2} ${since:9:2}:${since:11:2}:${since:13:2} UTC"
  if [[ $mode == files ]]; then
    suffix=$(<"$stage/suffix")
    while IFS= read -r -d '' name; do
      ! exists "$home/$name$suffix" || printf '%s\0' "$home/$name$suffix"
    done <"$stage/out"
  else
    suffix=$stage/before
    printf '%s\0' "$suffix"
  fi >"$work/old"
  # shellcheck disable=SC2016 # expanded by sh
  xargs --null --no-run-if-empty sh -c 'find "$@" ! -type d -printf x' list <"$work/old" >"$work/kept"
  # shellcheck disable=SC2016 # expanded by sh
  since=$since xargs --null --no-run-if-empty sh -c 'find "$@" ! -type d -newermt "$since" -printf x' list <"$work/old" >"$work/newer"
  kept=$(($(wc -c <"$work/kept"))) newer=$(($(wc -c <"$work/newer")))
}

case $SSM_direction in
  forward)
    find_stage || die SwapFailed "$what: nothing lies beside it that could take its place; restore it beside first."
    forward
    read_mode
    count_kept
    ;;
  back)
    find_stage && [[ -e $stage/in ]] || swapped=false
    if is_folder "$stage"; then
      back
      keep_time "$home" remove_stage
      [[ ! -d $stage ]] || undone=$(json_string "$stage")
    fi
    ;;
  *) die ParameterInvalid "There is no direction \"$SSM_direction\"." ;;
esac
result "{\"swapped\":$swapped,\"kept\":$kept,\"newer\":$newer,\"previous\":$(json_string "$suffix"),\"undone\":$undone,\"seconds\":$(seconds_since "$started")}"
