#!/bin/bash
# Prints the mirror that apt of this machine uses for Debian itself.
set -euo pipefail

# apt's own notation, not the shell's.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | sort -u | head -n 1)
[[ $mirror ]] || {
  echo 'apt knows no Debian mirror: apt-get update' >&2
  exit 1
}
printf '%s\n' "$mirror"
