#!/bin/bash
# Ends every process of a container: TERM to all, after 5 seconds KILL, until none is left.
# usage: end-container.sh PID:START-TIME TOKEN    its first process, which may have ended; TOKEN: what HOSTNAME is in the container
# A container has no border here, so its processes are those with its HOSTNAME, and the descendants of the first one: PostgreSQL's processes
# start sessions of their own and write their titles over their environment.
set -f
first=$1 token=$2 # a number alone may long belong to somebody else's process

# Sets `members` to the numbers of the processes that are left.
find_members() {
  local -A children=() seen=()
  local file stat fields pid queue=()
  for file in $(compgen -G '/proc/[0-9]*/stat'); do
    { read -r stat <"$file"; } 2>/dev/null || continue
    # shellcheck disable=SC2206 # no globbing (set -f), and words are what is wanted
    fields=(${stat##*) })
    [[ ${fields[0]} == Z ]] && continue
    pid=${file//[!0-9]/}
    children[${fields[1]}]+=" $pid"
    [[ $pid:${fields[19]} == "$first" ]] && queue+=("$pid")
  done
  set +f
  mapfile -t -O "${#queue[@]}" queue < <(grep -lzxF -e "HOSTNAME=$token" /proc/[0-9]*/environ 2>/dev/null)
  set -f
  members=()
  while ((${#queue[@]})); do
    pid=${queue[0]//[!0-9]/}
    # shellcheck disable=SC2206
    queue=("${queue[@]:1}" ${children[$pid]})
    [[ ${seen[$pid]} || $pid == "$$" ]] && continue
    seen[$pid]=1
    members+=("$pid")
    unset "children[$pid]"
  done
}

# TERM once: a second one may cut short the clean end that the first one began.
find_members
((${#members[@]})) && kill -TERM "${members[@]}" 2>/dev/null
deadline=$((SECONDS + 6)) # of whole seconds, the first of which may be nearly over
while ((${#members[@]})); do
  ((SECONDS >= deadline + 10)) && exit 1
  ((SECONDS >= deadline)) && kill -KILL "${members[@]}" 2>/dev/null
  sleep 0.05
  find_members
done
