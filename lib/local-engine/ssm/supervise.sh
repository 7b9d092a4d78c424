#!/bin/bash
# Runs one script in a session of its own and ends all of it when told to, or when the engine is gone, also after a kill -9.
# usage: supervise.sh SCRIPT    stdin: nothing comes; its closing ends the script (TERM to its group, after 5 seconds KILL)
# stdout, stderr: the script's. fd 3: one line `exit CODE` when the script has ended; this process ends when nothing of its group is left.
exec {lifeline}<&0 </dev/null
trap : TERM INT HUP # only the engine ends it; a handler, not '': what is ignored would be ignored by the script as well

# Real pipes: `>/dev/stderr` fails on the engine's sockets. When the engine is gone they are still read, so that a script that undoes what it
# did, as TERM tells it to, does not die of SIGPIPE at its first message.
pass_on() {
  cat
  exec cat >/dev/null
}
exec {out}> >(pass_on 3>&-)
exec {err}> >(exec {out}>&- && pass_on 3>&- >&2)
# In a background command bash ignores SIGINT and SIGQUIT; `env` gives them back.
env --default-signal=INT,QUIT setsid bash "$1" >&"$out" 2>&"$err" {out}>&- {err}>&- {lifeline}<&- 3>&- &
script=$!
exec {out}>&- {err}>&- >/dev/null 2>&1

group_is_alive() { kill -0 -- "-$script"; }

end_group() {
  local step
  kill -TERM -- "-$script" || kill -TERM "$script" # the script's session may not have begun yet
  for ((step = 0; step < 100; step++)); do
    sleep 0.05
    group_is_alive || return
  done
  kill -KILL -- "-$script"
}
{
  cat <&"$lifeline"
  end_group
} 3>&- &
watch=$!

until wait "$script"; code=$?; ! kill -0 "$script"; do :; done # a signal to this process interrupts the wait
echo "exit $code" >&3
exec 3>&-
# What the script left running in its group has five seconds to end by itself: the engine leaves no process behind.
for ((step = 0; step < 100; step++)); do
  group_is_alive || break
  sleep 0.05
done
group_is_alive && end_group
kill "$watch"
