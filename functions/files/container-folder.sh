# Sourced by documents that work on a path inside a container from the host: it needs no tool inside and no byte goes through Docker's
# stream. Needs ../postgres/session.sh for the container.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# Where the files of $container stand on the host: its mounts, its merged file system (overlay), else the view of its first process.
# For a container that does not run that is /proc/0/root, which never exists: its own files are where only Docker finds them.
declare -A container_mounts=()
container_root=
look_into_container() {
  local destination origin mounts
  container_mounts=()
  # Not read from a process whose failure nobody sees: without its mounts a path would lead to what they hide. The word at the end keeps the
  # last line, which is empty for a mount in memory.
  mounts=$(docker inspect --type container --format "${o}range .Mounts}}${o}println .Destination}}${o}println .Source}}${o}end}}end" "$container")
  while IFS= read -r destination && IFS= read -r origin; do
    [[ -z $destination ]] || container_mounts[$destination]=$origin
  done <<<"$mounts"
  container_root=$(docker inspect --type container --format "${o}.GraphDriver.Data.MergedDir}}" "$container" 2>/dev/null) || container_root=
  if [[ ! -d $container_root ]]; then
    container_root=/proc/$(docker inspect --type container --format "${o}.State.Pid}}" "$container")/root
  fi
}

on_host() { # CONTAINER_PATH: the longest mount that holds it wins
  local path=$1 mount
  for ((mount = ${#path}; mount > 0; mount--)); do
    if [[ -n ${container_mounts[${path:0:mount}]+set} && (${#path} -eq $mount || ${path:mount:1} == /) ]]; then
      printf '%s' "${container_mounts[${path:0:mount}]}${path:mount}"
      return
    fi
  done
  printf '%s' "$container_root$path"
}

# resolve_in_container NAME PATH: sets $resolved (as the container would call it) and $resolved_on_host, whether or not something is there.
# Links are followed as the container would: an absolute one starts at its root, never at the host's.
resolved='' resolved_on_host=''
resolve_in_container() {
  local name=$1 path=$2 rest=${2#/} part link hops=0
  resolved=
  while [[ -n $rest ]]; do
    part=${rest%%/*}
    rest=${rest#"$part"}
    rest=${rest#/}
    case $part in
      '' | .) continue ;;
      ..) resolved=${resolved%/*} && continue ;;
    esac
    resolved_on_host=$(on_host "$resolved/$part" && printf x) # $(...) takes newlines away from the end of a name
    resolved_on_host=${resolved_on_host%x}
    if [[ -L $resolved_on_host ]]; then
      ((++hops <= 40)) || die PathNotFound "The path \"$path\" in \"$name\" is a loop of links."
      link=$(readlink --no-newline -- "$resolved_on_host" && printf x)
      link=${link%x}
      [[ $link != /* ]] || resolved=
      rest=${link#/}${rest:+/$rest}
    else
      resolved=$resolved/$part
    fi
  done
  resolved_on_host=$(on_host "${resolved:-/}" && printf x)
  resolved_on_host=${resolved_on_host%x}
}
