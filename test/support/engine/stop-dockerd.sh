#!/bin/bash
# Stops the engine that start-dockerd.sh started in FOLDER, with all its containers, and removes the folder.
#
#   stop-dockerd.sh FOLDER
set -euo pipefail

folder=$(cd "${1:?usage: stop-dockerd.sh FOLDER}" && pwd)
[[ -e $folder/daemon.json ]] || {
  printf 'stop-dockerd: no engine was ever started in %s\n' "$folder" >&2
  exit 1
}

alive() { [[ -n $1 ]] && kill -0 "$1" 2>/dev/null; }

engine=$(cat "$folder/pid" 2>/dev/null || true)
if alive "$engine"; then
  # Removing them first spares the engine's ten seconds of patience for every container that does not listen to SIGTERM; a bridge
  # whose network was not removed would stay on the machine.
  export DOCKER_HOST=unix://$folder/docker.sock
  {
    docker ps --all --quiet | xargs --no-run-if-empty timeout 30 docker rm --force --volumes
    docker network ls --quiet --filter type=custom | xargs --no-run-if-empty timeout 30 docker network rm
  } >/dev/null || true
  kill -TERM "$engine" 2>/dev/null || true
  for ((tenth = 0; tenth < 200; tenth++)); do
    alive "$engine" || break
    sleep 0.1
  done
  kill -KILL "$engine" 2>/dev/null || true
fi

# An engine that was killed leaves its containerd, the shims of its containers and their mounts behind.
for command in /proc/[0-9]*/cmdline; do
  process=${command%/cmdline}
  process=${process#/proc/}
  if { tr '\0' ' ' <"$command"; } 2>/dev/null | grep -qE "^[^ ]*containerd(-shim[^ ]*)? .*$folder/"; then
    kill -KILL "$process" 2>/dev/null || true
  fi
done
awk -v below="$folder/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort --reverse | while read -r mounted; do
  umount --lazy "$mounted" 2>/dev/null || true
done
rm -rf --one-file-system "$folder"
