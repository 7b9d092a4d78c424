#!/usr/bin/env bash
# Archives a Docker volume from its mountpoint.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../files/volume-folder.sh
# source ../files/archive-tree.sh

need docker aws zstd openssl tar tee split awk find xargs base64
decode volume volume
decode_list exclude exclude

find_volume "$volume" || die VolumeNotFound "There is no volume named \"$volume\" on this host."
tree_directory=$volume_folder
[[ -d $tree_directory ]] || die VolumeNotFound "The volume \"$volume\" has no folder on this host ($tree_directory)."
[[ -r $tree_directory && -x $tree_directory ]] || die HostPermission "The folder of volume \"$volume\" may not be read; run as root."

# Whoever makes the volume anew must give it these, or compose does not take it for its own.
labels=$(docker volume inspect --format "${o}json .Labels}}" "$volume_found")

exclude_from_tree "${exclude[@]}"
capture_tree "The volume \"$volume\"" "$SSM_prefix$SSM_source.$SSM_attempt"
result "{\"artifacts\":$(artifacts_json),\"container\":null,\"server\":null,\"resolved\":$(json_string "$volume_found"),\"labels\":$labels,\"warnings\":[$tree_warnings]}"
