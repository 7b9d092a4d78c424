#!/bin/bash
# `docker exec` once its arguments are read: the client, which may end at any time while the process in the container goes on.
# usage: exec-client.sh SPEC interactive|-
exec 3<&0
[[ $2 == interactive ]] || exec 3</dev/null
# The pipe to exec-process.sh carries nothing: its closing, however this process ends, is what the other side waits for.
# shellcheck disable=SC2034 # held open, never written to
exec {lifeline}> >(exec setsid bash "${BASH_SOURCE[0]%/*}/exec-process.sh" "$1" "$$")
process=$!
# Docker's client 28.2 ends with 0 (!) when it is told to end: whoever looks only at its exit code takes half a stream for a whole one.
trap 'exit 0' TERM INT
exec 3<&-
wait "$process"
