#!/bin/bash
# Starts the process of a container, writes its state down, and ends it when the engine is gone, also after a kill -9.
# usage: supervise-container.sh FOLDER ENGINE-PID:START-TIME TOKEN    FOLDER/spec: see exec-process.sh; TOKEN: what HOSTNAME is in the container
hash setsid
setsid=${BASH_CMDS[setsid]} # before PATH becomes the container's
folder=$1 engine=$2 token=$3
mapfile -d '' -t spec <"$folder/spec"
rm -f -- "$folder/spec"

# Sets `started` to when a process started (field 22 of its stat, counted behind the name, which may hold anything); fails when there is none.
start_time() {
  local stat fields
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] || return 1 # ended, and not noticed yet
  started=${fields[19]}
}

# The state changes in one rename; when the folder is gone, the container was removed and nobody asks any more.
write_state() {
  printf '%s\n' "$1" 2>/dev/null >"$folder/state.new" && mv -f -- "$folder/state.new" "$folder/state" 2>/dev/null
}

(
  exec </dev/null >/dev/null 2>&1
  umask 022 # as in Docker's containers, whatever the engine's is
  export -n PATH SHLVL PWD OLDPWD
  command=("${spec[@]:2+spec[1]}")
  for variable in "${spec[@]:2:spec[1]}"; do export "${variable?}"; done
  cd -- "${spec[0]}" || exit 126
  exec -- "$setsid" -- "${command[@]}"
) &
process=$!
unset spec
started=
start_time "$process"
began=$started
end_container() { bash "${BASH_SOURCE[0]%/*}/end-container.sh" "$process:$began" "$token"; }
if [[ $began ]] && ! write_state "running $process $began"; then
  end_container # removed before it had begun
  exit 1
fi
echo started
exec >/dev/null

watch_engine() {
  local never
  exec {never}<> <(:) # a pipe on which nothing ever comes: reading from it is a pause that starts no process
  while start_time "${engine%:*}" && [[ $started == "${engine#*:}" ]]; do read -rt 0.5 -u "$never"; done
}
{
  watch_engine
  end_container
} &
watch=$!

wait "$process"
code=$?
kill "$watch" 2>/dev/null
end_container # as in Docker, nothing in a container outlives its first process
write_state "exited $code"
