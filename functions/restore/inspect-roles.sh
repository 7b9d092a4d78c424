#!/usr/bin/env bash
# Tells which of the stored roles the server lacks, and which it has with other attributes. Touches nothing.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh
# source roles.sh

need docker curl zstd awk base64 sort
find_way
only_asks
reach_server
get_roles "$url"
compare_roles
result "{\"missing\":$(compared missing),\"differing\":$(compared differing)}"
