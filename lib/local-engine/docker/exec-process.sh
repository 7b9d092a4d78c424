#!/bin/bash
# The other end of `docker exec`: starts the process in the container and stays with it in a session of its own, whatever becomes of the client.
# usage: exec-process.sh SPEC CLIENT-PID    stdin: closed when the client ends; fd 3: stdin of the process; stdout, stderr: the client's
# SPEC holds, NUL-terminated: working folder, number of variables, NAME=VALUE…, command… Neither is ever an argument or a variable of this
# script, so that a search of /proc for a variable or a command finds the process itself and nothing of the machinery around it.
set -m # a process group per job; without it bash would also make every job ignore SIGINT
mapfile -d '' -t spec <"$1"
client=$2
exec {lifeline}<&0 </dev/null

# Real pipes: with sockets, `>/dev/stderr` would fail in the container. This script keeps the read ends, so that the process does not die
# of SIGPIPE when the client is gone.
exec {both}<> <(:)
exec {out_read}<"/dev/fd/$both" {out_write}>"/dev/fd/$both" {both}>&-
exec {both}<> <(:)
exec {err_read}<"/dev/fd/$both" {err_write}>"/dev/fd/$both" {both}>&-

(
  exec <&3 >&"$out_write" 3<&- {lifeline}<&- {out_read}<&- {out_write}>&- {err_read}<&- 2>/dev/null
  export -n PATH SHLVL PWD OLDPWD
  command=("${spec[@]:2+spec[1]}")
  for variable in "${spec[@]:2:spec[1]}"; do export "${variable?}"; done
  cd -- "${spec[0]}" || exit 126
  exec 2>&"$err_write" {err_write}>&-
  exec -- "${command[@]}"
) &
process=$!
rm -f -- "$1" & # not before: every fork delays the start of the process
exec 3<&- {out_write}>&- {err_write}>&-

# Docker's client dies when nobody reads its output any more.
pass_on() {
  cat <&"$1"
  (($? == 141)) && kill -PIPE "$client"
}
pass_on "$out_read" &
out=$!
pass_on "$err_read" >&2 &
err=$!
exec >/dev/null 2>&1

# From here on nobody gets what the process writes, and it must not notice.
drain() {
  kill -- "-$out" "-$err"
  cat <&"$out_read" &
  cat <&"$err_read" &
}
{
  cat <&"$lifeline"
  drain
} &

# -f: with job control a stopped process would count as ended. (`wait -n` would miss a job that a signal ended before the call.)
wait -f "$process"
result=$?
# A process left behind in the container may hold the streams open; Docker gives them two seconds.
{
  sleep 2
  drain
} &
timer=$!
wait -f "$out"
out_ended=$?
wait -f "$err"
(($? > 128 || out_ended > 128)) || kill -- "-$timer"
exit "$result"
