#!/usr/bin/env bash
# Archives a path inside a container, read from the host: it needs no tool inside and no byte goes through Docker's stream.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../postgres/session.sh
# source ../files/container-folder.sh
# source ../files/archive-tree.sh

need docker aws zstd openssl tar tee split awk find xargs base64 readlink
decode container_name container
decode path path
decode_list exclude exclude
find_container "$container_name"

look_into_container
resolve_in_container "$container_name" "$path"
target=$resolved_on_host
if [[ ! -e $target ]]; then
  parent=${target%/*}
  [[ ! -d $parent || -x $parent ]] || die HostPermission "The path \"$path\" in \"$container_name\" may not be read; run as root."
  die PathNotFound "There is no \"$path\" in the container \"$container_name\"."
fi
if [[ -d $target ]]; then
  tree_directory=$target
else
  tree_directory=${target%/*}
  tree_roots=("./${target##*/}")
fi
[[ -r $target ]] || die HostPermission "The path \"$path\" in \"$container_name\" may not be read; run as root."

# What is mounted below the path lies elsewhere: it would be missing, and nobody would know.
for mount in "${!container_mounts[@]}"; do
  [[ $mount == "$resolved"/* ]] || continue
  covered=
  for pattern in "${exclude[@]}"; do
    pattern=${pattern#./}
    [[ ${mount#"$resolved"/}/ != "${pattern%/}"/* ]] || covered=yes
  done
  [[ -n $covered ]] ||
    die MountNotCaptured "The path \"$path\" in \"$container_name\" does not hold what is mounted at \"$mount\": declare that as a source of its own, and exclude \"${mount#"$resolved"/}\" here."
done

exclude_from_tree "${exclude[@]}"
capture_tree "The path \"$path\" in \"$container_name\"" "$SSM_prefix$SSM_source.$SSM_attempt"
result "{\"artifacts\":$(artifacts_json),\"container\":$(container_json),\"server\":null,\"resolved\":$(json_string "${resolved:-/}"),\"warnings\":[$tree_warnings]}"
