#!/usr/bin/env bash
# Finds the containers of the suite's writers and whether they run. A name is a container's or a compose service's, which may have several.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign

need docker base64
decode_list writers writers

o='{'
o+='{'
found=() missing=()
describe() { # NAME CONTAINER: fails when there is no such container
  local facts
  facts=$(docker inspect --type container --format "${o}.State.Running}} ${o}.Name}}" "$2" 2>"$work/inspect") || return
  found+=("{\"name\":$(json_string "$1"),\"container\":$(json_string "${facts#* /}"),\"running\":${facts%% *}}")
}
for name in "${writers[@]}"; do
  describe "$name" "$name" && continue
  grep -qi 'no such' "$work/inspect" || die HostPermission "Docker does not answer: $(first_line "$work/inspect")"
  mapfile -t ids < <(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.service=$name")
  for id in "${ids[@]}"; do
    describe "$name" "$id" || true # it may go away at this moment
  done
  ((${#ids[@]} > 0)) || missing+=("$(json_string "$name")")
done

IFS=,
result "{\"writers\":[${found[*]}],\"missing\":[${missing[*]}]}"
