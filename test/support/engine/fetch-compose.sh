#!/bin/bash
# Brings docker compose 2 to an engine that lacks it: Debian 12 has version 1 only, Debian 13's package runs on both. Installs nothing; kept in
# the cache folder for next time.
#
#   fetch-compose.sh      prints the DOCKER_CONFIG to use
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/suite-backup-test/compose-$(dpkg --print-architecture)
plugins=$folder/cli-plugins
if [[ ! -x $plugins/docker-compose ]]; then
  work=$(mktemp -d "${TMPDIR:-/tmp}/suite-backup-compose.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
  mkdir -p "$work"/{lists/partial,cache/archives/partial,unpacked}
  # A list of sources of its own: nothing of trixie must ever be offered to this machine.
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $("$here/debian-mirror.sh") trixie main" >"$work/sources.list"
  apt=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
  {
    apt-get "${apt[@]}" update
    cd "$work"
    apt-get "${apt[@]}" download docker-compose
    dpkg-deb --extract ./docker-compose_*.deb unpacked
  } >&2
  mkdir -p "$plugins"
  mv unpacked/usr/libexec/docker/cli-plugins/docker-compose "$plugins/docker-compose"
fi
printf '%s\n' "$folder"
