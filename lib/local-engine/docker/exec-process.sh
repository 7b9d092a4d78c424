#!/bin/bash
# The other end of `docker exec`: starts the process in the container and stays with it in a session of its own, whatever becomes of the client.
# usage: exec-process.sh SPEC CLIENT-PID    stdin: closed when the client ends; fd 3: stdin of the process; stdout, stderr: the client's
# SPEC holds, NUL-terminated: working folder, number of variables, NAME=VALUE…, command… Neither is ever an argument or a variable of this
# script, so that a search of /proc for a variable or a command finds the process itself and nothing of the machinery around it.
hash setsid
setsid=${BASH_CMDS[setsid]} # before PATH becomes the container's
mapfile -d '' -t spec <"$1"
client=$2
exec {lifeline}<&0 </dev/null {stderr}>&2 2>/dev/null # this script itself is silent: bash reports how its jobs end

# Real pipes: with sockets, `>/dev/stderr` would fail in the container. This script keeps the read ends, so that the process does not die
# of SIGPIPE when the client is gone.
exec {both}<> <(:)
exec {out_read}<"/dev/fd/$both" {out_write}>"/dev/fd/$both" {both}>&-
exec {both}<> <(:)
exec {err_read}<"/dev/fd/$both" {err_write}>"/dev/fd/$both" {both}>&-

(
  exec <&3 >&"$out_write" 3<&- {lifeline}<&- {out_read}<&- {out_write}>&- {err_read}<&- {stderr}>&-
  umask 022 # as in Docker's containers, whatever the engine's is
  export -n PATH SHLVL PWD OLDPWD
  command=("${spec[@]:2+spec[1]}")
  for variable in "${spec[@]:2:spec[1]}"; do export "${variable?}"; done
  cd -- "${spec[0]}" || exit 126
  exec 2>&"$err_write" {err_write}>&-
  exec -- "$setsid" -- "${command[@]}"
) &
process=$!
rm -f -- "$1" & # not before: every fork delays the start of the process
exec 3<&- {out_write}>&- {err_write}>&-

# Sets `started` to when a process started (field 22 of its stat, counted behind the name, which may hold anything): a number alone may long
# belong to somebody else's process.
start_time() {
  local stat fields
  started=
  read -r stat 2>/dev/null <"/proc/$1/stat" || return
  read -ra fields <<<"${stat##*) }"
  started=${fields[19]}
}

# Docker's client dies when nobody reads its output any more.
pass_on() {
  local copy=
  trap '[[ $copy ]] && kill "$copy"; exit 143' TERM
  cat <&"$1" &
  copy=$!
  wait "$copy" || kill -PIPE "$client" # not only of SIGPIPE: a socket closed with unread bytes in it answers ECONNRESET
}
pass_on "$out_read" &
out=$!
start_time "$out"
out_started=$started
pass_on "$err_read" >&"$stderr" &
err=$!
start_time "$err"
err_started=$started
exec >/dev/null {stderr}>&-

# From here on nobody gets what the process writes, and it must not notice.
drain() {
  start_time "$out"
  [[ $started && $started == "$out_started" ]] && kill "$out"
  start_time "$err"
  [[ $started && $started == "$err_started" ]] && kill "$err"
  cat <&"$out_read" &
  cat <&"$err_read" &
}
{
  cat <&"$lifeline"
  drain
} &

# Not `wait -n`, which misses a job that a signal ended before the call, nor `wait -f`, which then never returns (bash 5.2). Without `set -m`
# a process that is only stopped does not count as ended.
wait "$process"
result=$?
# A process left behind in the container may hold the streams open; Docker gives them two seconds.
exec {never}<> <(:) # a pipe on which nothing ever comes: reading from it is a pause without a process that would outlive us
{
  read -rt 2 -u "$never"
  drain
} &
timer=$!
wait "$out"
out_ended=$?
wait "$err"
(($? > 128 || out_ended > 128)) || kill "$timer"
exit "$result"
