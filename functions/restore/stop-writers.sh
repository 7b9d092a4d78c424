#!/usr/bin/env bash
# Stops the writers, so that nobody writes to what is about to be replaced. Those that stand already stay as they are.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign

need docker base64
decode_list containers containers

stopped=()
for container in "${containers[@]}"; do
  # -t: --time became --timeout. A container that is gone writes nothing.
  docker stop -t 30 "$container" >/dev/null 2>"$work/stop-errors" || grep -qi 'no such container' "$work/stop-errors" ||
    die SwapFailed "The writer \"$container\" could not be stopped: $(first_line "$work/stop-errors")"
  stopped+=("$(json_string "$container")")
done

IFS=,
result "{\"stopped\":[${stopped[*]}]}"
