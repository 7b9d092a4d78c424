#!/usr/bin/env bash
# Starts the writers that were stopped. One that does not start must not keep the others standing.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign

need docker base64
decode_list containers containers

started=() failed=()
for container in "${containers[@]}"; do
  if docker start "$container" >/dev/null 2>"$work/start-errors"; then
    started+=("$(json_string "$container")")
  else
    failed+=("\"$container\": $(first_line "$work/start-errors")")
  fi
done
((${#failed[@]} == 0)) || die PutBackFailed "Writers that were stopped do not start: ${failed[*]}"

IFS=,
result "{\"started\":[${started[*]}]}"
