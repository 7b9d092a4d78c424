# Sourced by documents that work in the scratch server of a proof.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

scratch=suite-backup-scratch-$SSM_suite.$SSM_proof
scratch_directory=${TMPDIR:-/tmp}/$scratch

# Clients reach the server through its data folder as /proc/self/cwd: a socket's path may have 107 bytes only, a TMPDIR may be longer.
# The fourth line of its lock file is the port it took, which is part of the socket's name.
# A database or role may be set to read-only; here it is to be filled.
# shellcheck disable=SC2016 # expanded inside the container
enter_scratch='cd "$1/data" && shift && export PGHOST=/proc/self/cwd PGPORT="$(sed -n 4p postmaster.pid)" PGUSER="$1" PGDATABASE="$2" LC_ALL=C PGCLIENTENCODING=UTF8 PGOPTIONS="-c default_transaction_read_only=off" && shift 2 && exec "$@"'
in_scratch() { # [-i] DATABASE COMMAND...
  local interactive=()
  if [[ $1 == -i ]]; then
    interactive=(-i)
    shift
  fi
  local database=$1
  shift
  in_container "${interactive[@]}" --user postgres "$scratch" sh -c "$enter_scratch" enter "$scratch_directory" "$bootstrap_user" "$database" "$@"
}

judge_scratch() { # WHAT ERRORS NAME: a full disk is told apart from a bad archive
  local said
  said=$(grep -m 3 -Ei 'error|fatal|panic|no space' "$2" | tr '\n' ' ' | cut -c 1-800) || said=$(first_line "$2")
  if grep -qi 'no space left' "$2" "$scratch_directory/log" 2>/dev/null; then
    die DiskFull "The scratch area ${TMPDIR:-/tmp} is full: $said"
  fi
  die "$3" "$1: ${said:-ended without a word.}"
}
