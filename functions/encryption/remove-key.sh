#!/usr/bin/env bash
# Removes the key of a run that needs it no more.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign

removed=0
folder=${TMPDIR:-/tmp}/$SSM_runKey
if [[ -n $SSM_runKey && -d $folder ]]; then
  rm -rf -- "$folder"
  removed=1
fi
result "{\"removed\":$removed}"
