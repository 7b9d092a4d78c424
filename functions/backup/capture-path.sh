#!/usr/bin/env bash
# Archives a path inside a container, read from the host: it needs no tool inside and no byte goes through Docker's stream.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../postgres/session.sh
# source ../files/archive-tree.sh

need docker aws zstd openssl tar tee split awk find xargs base64 readlink
decode container_name container
decode path path
decode_list exclude exclude
find_container "$container_name"

# Where the container's files stand on the host: its mounts, its merged file system (overlay), else the view of its first process.
declare -A mounts=()
while IFS= read -r destination && IFS= read -r origin; do
  [[ -z $destination ]] || mounts[$destination]=$origin
done < <(docker inspect --type container --format "${o}range .Mounts}}${o}println .Destination}}${o}println .Source}}${o}end}}" "$container")
root=$(docker inspect --type container --format "${o}.GraphDriver.Data.MergedDir}}" "$container" 2>/dev/null) || root=
if [[ ! -d $root ]]; then
  root=/proc/$(docker inspect --type container --format "${o}.State.Pid}}" "$container")/root
fi

on_host() { # CONTAINER_PATH: the longest mount that holds it wins
  local path=$1 mount
  for ((mount = ${#path}; mount > 0; mount--)); do
    if [[ -n ${mounts[${path:0:mount}]+set} && (${#path} -eq $mount || ${path:mount:1} == /) ]]; then
      printf '%s' "${mounts[${path:0:mount}]}${path:mount}"
      return
    fi
  done
  printf '%s' "$root$path"
}

# Links are followed as the container would: an absolute one starts at its root, never at the host's.
resolved=
rest=${path#/}
hops=0
while [[ -n $rest ]]; do
  part=${rest%%/*}
  rest=${rest#"$part"}
  rest=${rest#/}
  case $part in
    '' | .) continue ;;
    ..) resolved=${resolved%/*} && continue ;;
  esac
  target=$(on_host "$resolved/$part")
  if [[ -L $target ]]; then
    ((++hops <= 40)) || die PathNotFound "The path \"$path\" in \"$container_name\" is a loop of links."
    link=$(readlink -- "$target")
    [[ $link != /* ]] || resolved=
    rest=${link#/}${rest:+/$rest}
  else
    resolved=$resolved/$part
  fi
done
target=$(on_host "${resolved:-/}")
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

exclude_from_tree "${exclude[@]}"
capture_tree "The path \"$path\" in \"$container_name\"" "$SSM_prefix$SSM_source.$SSM_attempt"
result "{\"artifacts\":$(artifacts_json),\"container\":$(container_json),\"server\":null,\"resolved\":$(json_string "${resolved:-/}"),\"warnings\":[$tree_warnings]}"
