#!/usr/bin/env bash
# Stores an inventory of a tree as it lies on the disk: of what was restored beside it, or (to look what there is) of the tree itself.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source tree.sh
# source ../files/archive-tree.sh
# source ../files/choose-files.sh

need aws zstd openssl tar tee split awk find xargs base64 stat realpath
decode_list include include
decode_list exclude exclude
locate_tree
need_target

if [[ $SSM_where == stage ]]; then
  { find_stage && [[ -d $stage/new ]]; } || die RestoreFailed "$what: nothing lies beside it; restore it beside first."
  tree_directory=$stage/new
else
  exists "$target" || die PathNotFound "$what is not there."
  tree_directory=$target
  if ! is_folder "$target"; then
    tree_directory=${target%/*}
    tree_roots=("./${target##*/}")
  fi
  [[ -r $target ]] || die HostPermission "$what may not be read; run as root."
  if [[ $SSM_kind == files ]]; then
    choose_files "$directory" "${include[@]}"
    ((${#tree_roots[@]} > 0)) || die NoFileMatches "$what holds nothing that its patterns name."
  fi
  exclude_from_tree "${exclude[@]}"
fi
inventory_tree "$what" "$SSM_prefix$SSM_source.$SSM_attempt"
result "{\"artifacts\":$(artifacts_json)}"
