#!/bin/bash
# Starts a Docker engine of our own, apart from any other one: its socket, its data and its log lie below FOLDER.
# Containers get no network unless they ask for one, and the machine's firewall is left as it is: ports published on 127.0.0.1
# go through Docker's own proxy process.
#
#   start-dockerd.sh FOLDER      prints the DOCKER_HOST to use
set -euo pipefail

folder=${1:?usage: start-dockerd.sh FOLDER}
die() {
  printf 'start-dockerd: %s\n' "$*" >&2
  exit 1
}

[[ $(id -u) -eq 0 ]] || die 'an engine of our own needs root'
command -v dockerd >/dev/null || die 'no dockerd: apt-get install -y docker.io'
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
socket=$folder/docker.sock
# The kernel's limit for the path of a socket is 108 bytes, and the engine puts longer names beside this one.
((${#socket} <= 90)) || die "the path of the folder is too long for a socket: $folder"

if [[ -s $folder/pid ]] && kill -0 "$(<"$folder/pid")" 2>/dev/null; then
  printf 'unix://%s\n' "$socket"
  exit 0
fi

# An empty configuration file: /etc/docker/daemon.json belongs to the machine's own engine.
printf '{}\n' >"$folder/daemon.json"
setsid dockerd --config-file "$folder/daemon.json" --host "unix://$socket" --pidfile "$folder/pid" \
  --data-root "$folder/data" --exec-root "$folder/exec" \
  --bridge none --iptables=false --ip-forward=false --ip-masq=false \
  </dev/null >"$folder/dockerd.log" 2>&1 &
engine=$!

for ((tenth = 0; tenth < 300; tenth++)); do
  if DOCKER_HOST=unix://$socket docker version >/dev/null 2>&1; then
    printf 'unix://%s\n' "$socket"
    exit 0
  fi
  kill -0 "$engine" 2>/dev/null || break
  sleep 0.1
done
tail -n 20 "$folder/dockerd.log" >&2
kill "$engine" 2>/dev/null || true
die "the engine did not answer; its log: $folder/dockerd.log"
