#!/usr/bin/env bash
# Archives a Docker volume from its mountpoint: reading it through `docker run` costs 2-6 times as much (measured).
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../files/archive-tree.sh

need docker aws zstd openssl tar tee split awk find xargs base64
decode volume volume
decode_list exclude exclude
o='{'
o+='{'

# The volume must exist: Docker silently makes a missing one, and an archive of that succeeds. Compose puts its project's name before it.
if ! tree_directory=$(docker volume inspect --format "${o}.Mountpoint}}" "$volume" 2>"$work/inspect"); then
  mapfile -t found < <(docker volume ls --quiet --filter "label=com.docker.compose.volume=$volume" 2>/dev/null)
  case ${#found[@]} in
    1) tree_directory=$(docker volume inspect --format "${o}.Mountpoint}}" "${found[0]}") ;;
    0)
      grep -qi 'no such volume' "$work/inspect" || die HostPermission "Docker does not answer: $(first_line "$work/inspect")"
      die VolumeNotFound "There is no volume named \"$volume\" on this host."
      ;;
    *) die VolumeNotFound "${#found[@]} compose projects have a volume \"$volume\" (${found[*]}); name one of them." ;;
  esac
fi
[[ -d $tree_directory ]] || die VolumeNotFound "The volume \"$volume\" has no folder on this host ($tree_directory)."
[[ -r $tree_directory && -x $tree_directory ]] || die HostPermission "The folder of volume \"$volume\" may not be read; run as root."

# A server's files copied while it writes them are no backup.
while IFS= read -r -d '' lock; do
  [[ ! -e ${lock%/*}/PG_VERSION ]] ||
    die VolumeIsDataDirectory "The volume \"$volume\" is the data directory of a PostgreSQL server that runs; declare the database instead."
done < <(find "$tree_directory" -maxdepth 3 -name postmaster.pid -print0 2>/dev/null)

exclude_from_tree "${exclude[@]}"
capture_tree "The volume \"$volume\"" "$SSM_prefix$SSM_source.$SSM_attempt"
result "{\"artifacts\":$(artifacts_json),\"container\":null,\"server\":null,\"resolved\":$(json_string "${found[0]:-$volume}"),\"warnings\":[$tree_warnings]}"
