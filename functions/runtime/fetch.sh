# Sourced by documents that get a stored object.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# source ../encryption/unseal.sh

# find_way: where the object is, and what opens it.
find_way() {
  decode url url
  begin_unseal
}

# fetch URL: the presigned URL is a secret for its 15 minutes, so it does not stand on a command line.
fetch() {
  printf 'url = "%s"\n' "$1" | curl --config - --fail --silent --show-error --retry 2 --connect-timeout 20 2>"$work/fetch-errors"
}
