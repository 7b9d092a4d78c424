# Sourced by documents that work on a Docker volume at its mountpoint: through `docker run` it costs 2-6 times as much (measured).
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
o='{'
o+='{'

# find_volume NAME: sets $volume_folder and $volume_found (the name docker knows: compose puts its project's name before it), or answers 1
# when there is none. Looking must not make it: Docker silently makes a missing volume, and an archive of that succeeds.
volume_folder='' volume_found=''
find_volume() {
  local name=$1 found
  volume_found=$name
  if ! volume_folder=$(docker volume inspect --format "${o}.Mountpoint}}" "$name" 2>"$work/inspect"); then
    mapfile -t found < <(docker volume ls --quiet --filter "label=com.docker.compose.volume=$name" 2>/dev/null)
    case ${#found[@]} in
      1) volume_found=${found[0]} && volume_folder=$(docker volume inspect --format "${o}.Mountpoint}}" "$volume_found") ;;
      0)
        grep -qi 'no such volume' "$work/inspect" || die HostPermission "Docker does not answer: $(first_line "$work/inspect")"
        volume_folder='' volume_found=''
        return 1
        ;;
      *) die VolumeNotFound "${#found[@]} compose projects have a volume \"$name\" (${found[*]}); name one of them." ;;
    esac
  fi
}

# A server's files copied while it writes them are no backup, and must not be moved away below it either.
refuse_data_directory() { # NAME FOLDER
  local lock
  while IFS= read -r -d '' lock; do
    [[ ! -e ${lock%/*}/PG_VERSION ]] ||
      die VolumeIsDataDirectory "The volume \"$1\" is the data directory of a PostgreSQL server that runs; declare the database instead."
  done < <(find "$2" -maxdepth 3 -name postmaster.pid -print0 2>/dev/null)
}
