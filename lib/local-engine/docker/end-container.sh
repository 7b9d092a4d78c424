#!/bin/bash
# Ends every process of a container: TERM to all, after 5 seconds KILL, until none is left.
# usage: end-container.sh PID TOKEN    PID: its first process (0: none); TOKEN: what HOSTNAME is in the container
# A container has no border here, so its processes are those with its HOSTNAME, and the descendants of the first one: PostgreSQL's processes
# start sessions of their own and write their titles over their environment.
first=$1 token=$2

members() {
  local -A children=() seen=()
  local file stat fields pid queue
  for file in /proc/[0-9]*/stat; do
    { read -r stat <"$file"; } 2>/dev/null || continue
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} == Z ]] && continue
    pid=${file//[!0-9]/}
    children[${fields[1]}]+=" $pid"
    [[ $pid == "$first" ]] && queue=$first
  done
  queue+=" $(grep -lzxF -e "HOSTNAME=$token" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n' | tr '\n' ' ')"
  while read -r pid queue <<<"$queue" && [[ $pid ]]; do
    [[ ${seen[$pid]} || $pid == "$$" ]] && continue
    seen[$pid]=1
    echo "$pid"
    queue+=" ${children[$pid]}"
  done
}

signal=TERM
for ((round = 0; ; round++)); do
  mapfile -t pids < <(members)
  ((${#pids[@]})) || exit 0
  ((round >= 100)) && signal=KILL
  # TERM once: a second one may cut short the clean end that the first one began.
  ((round == 0 || round >= 100)) && kill -s "$signal" "${pids[@]}" 2>/dev/null
  ((round >= 200)) && exit 1
  sleep 0.05
done
