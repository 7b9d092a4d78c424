#!/usr/bin/env bash
# What stands where a tree would be restored, or written to instead: how much, what is newer than the point, what is free. Touches nothing,
# and that something is missing is an answer.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source tree.sh
# source moves.sh
# source in-place.sh

need find stat df awk base64 sed xargs realpath
decode to to
if [[ -n $to ]]; then locate_other_folder "$to"; else locate_tree; fi
present=false empty=true is_file=false files=0 bytes=0 newer=0 free=null writable=false place=null

if [[ -n $target ]]; then
  place=$(json_string "$target")
  if exists "$target"; then
    present=true
    is_folder "$target" || is_file=true
    [[ -z $(find "$target" -mindepth 1 -print -quit) ]] || empty=false
    read -r files bytes newer < <(
      find "$target" -ignore_readdir_race \( -name '.suite-backup-restore-*' -prune \) -o ! -type d \
        \( -newermt "@$SSM_since" -printf '%y %s new\n' -o -printf '%y %s old\n' \) 2>/dev/null |
        awk '{ files++; if ($1 == "f") bytes += $2; if ($3 == "new") newer++ } END { printf "%d %.0f %d\n", files, bytes, newer }'
    )
  fi
  # Once this restore is in its place, newer is what was written since: times of the point say nothing about that.
  swapped=("$target/$stage_name"*/done "${target%/*}/$stage_name"*/done)
  for done in "${swapped[@]}"; do
    stage=${done%/*} home=${done%/*/*}
    [[ $done != "${swapped[0]}" ]] || newer=0
    read_mode
    read_fixed
    newer=$((newer + $(changed_since | wc -c)))
  done
  nearest=$target
  while [[ -n $nearest && ! -d $nearest ]]; do
    ! exists "$nearest" || is_file=true # where a folder above it would have to be
    nearest=${nearest%/*}
  done
elif [[ $SSM_kind == volume ]]; then
  nearest=$(docker info --format "${o}.DockerRootDir}}" 2>/dev/null) || nearest=
  [[ -d $nearest ]] || nearest=/var/lib/docker
else
  nearest=
fi
nearest=${nearest:-/}
if [[ -d $nearest && (-n $target || $SSM_kind == volume) ]]; then
  free=$(df --output=avail --block-size=1 -- "$nearest" | tail -n 1)
  [[ ! -w $nearest ]] || writable=true
fi
result "{\"target\":$place,\"exists\":$present,\"isFile\":$is_file,\"empty\":$empty,\"files\":$files,\"bytes\":$bytes,\"newer\":$newer,\"freeBytes\":${free// /},\"container\":$container_found,\"writable\":$writable}"
