#!/bin/bash
# What the suite relies on in the public PostgreSQL images: POSTGRES_PASSWORD, _USER, _DB (each also as …_FILE), POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD, PGDATA, /docker-entrypoint-initdb.d, `-c name=value` as command, postgres as an ordinary user, and a first
# server that listens on no port while the database is being made.
set -Eeuo pipefail

# from_file NAME: the value of a variable may stand in a file.
from_file() {
  local file=$1_FILE
  [[ -z ${!file:-} ]] || export "$1=$(<"${!file}")"
}

prepare_folders() {
  mkdir -p "$PGDATA" /run/postgresql
  chmod 0700 "$PGDATA"
  chmod 3775 /run/postgresql
  find "$PGDATA" /run/postgresql ! -user postgres -exec chown postgres:postgres {} +
}

create_cluster() {
  local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [[ -z ${POSTGRES_PASSWORD:-} && $method != trust ]]; then
    echo 'The database is not initialised and POSTGRES_PASSWORD is not set.' >&2
    exit 1
  fi
  # The variable is a list of options by definition.
  # shellcheck disable=SC2086
  initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") ${POSTGRES_INITDB_ARGS:-}
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait start
  local -a psql=(psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER")
  if [[ $POSTGRES_DB != postgres ]]; then
    "${psql[@]}" --dbname=postgres --set=name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
  fi
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    # A script of the image's user runs in this shell; nobody can know it beforehand.
    # shellcheck disable=SC1090
    case $script in
      *.sh) . "$script" ;;
      *.sql) "${psql[@]}" --dbname="$POSTGRES_DB" --file="$script" ;;
      *.sql.zst) zstd -dc "$script" | "${psql[@]}" --dbname="$POSTGRES_DB" ;;
    esac
  done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
}

[[ ${1:-postgres} != -* ]] || set -- postgres "$@"

if [[ ${1:-} == postgres ]]; then
  export PGDATA=${PGDATA:-/var/lib/postgresql/data}
  if [[ $(id -u) -eq 0 ]]; then
    prepare_folders
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
  fi
  if [[ ! -s $PGDATA/PG_VERSION ]]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER
    from_file POSTGRES_DB
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    create_cluster
  fi
fi
exec "$@"
