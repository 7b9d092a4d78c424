# Sourced by documents that speak to a PostgreSQL server inside a container.
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign

# find_container NAME: sets $container (the name docker knows) and $container_image, or dies. A compose service name is accepted when
# exactly one container carries it: compose puts project and number around the name (`infra-postgres-1`).
# Two opening braces must not stand in a document (SSM reads a parameter there), hence $o.
o='{'
o+='{'
find_container() {
  locate_container "$1" || die ContainerNotFound "There is no container (and no compose service) named \"$1\" on this host."
  [[ $container_running == true ]] || die ContainerNotRunning "The container \"$1\" exists but does not run."
}

# locate_container NAME: the same for one that may be stopped ($container_running), or answers 1 when there is none.
locate_container() {
  local name=$1 said found
  container=$name
  local facts="${o}.State.Running}} ${o}.Image}}"
  if ! said=$(docker inspect --type container --format "$facts" "$name" 2>"$work/inspect"); then
    mapfile -t found < <(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.service=$name" 2>/dev/null)
    case ${#found[@]} in
      1) container=$(docker inspect --type container --format "${o}.Name}}" "${found[0]}") && container=${container#/} ;;
      0)
        grep -qi 'no such' "$work/inspect" || die HostPermission "Docker does not answer: $(first_line "$work/inspect")"
        return 1
        ;;
      *) die ContainerNotFound "The compose service \"$name\" has ${#found[@]} containers; name one of them." ;;
    esac
    said=$(docker inspect --type container --format "$facts" "$container")
  fi
  container_image=${said#* }
  # shellcheck disable=SC2034 # for the documents
  container_running=${said%% *}
}

# Name, image and labels of $container as JSON: a recovery point must tell what it was taken from.
container_json() {
  local digests
  digests=$(docker image inspect --format "${o}json .RepoDigests}}" "$container_image" 2>/dev/null) || digests=null
  docker inspect --type container --format \
    "{\"name\":$(json_string "$container"),\"id\":${o}json .Id}},\"image\":${o}json .Config.Image}},\"imageId\":${o}json .Image}},\"imageDigests\":$digests,\"labels\":${o}json .Config.Labels}}}" \
    "$container"
}

# connect CONTAINER DATABASE USER PASSWORD_VARIABLE: sets PG, the words of `docker exec` that reach the server; dies by name.
# The password never leaves the container: it is taken there from the variable that already holds it.
# First as the container's own user, then as the operating system's postgres (Debian's packages ask for `peer`).
declare -a PG=()
# shellcheck disable=SC2016 # expanded inside the container
enter_server='
  variable=$1 user=$2
  shift 2
  if [ -n "$variable" ]; then
    PGPASSWORD=$(printenv "$variable")
    export PGPASSWORD
  elif [ -z "${PGPASSWORD-}" ] && [ -n "${POSTGRES_PASSWORD-}" ]; then
    export PGPASSWORD="$POSTGRES_PASSWORD"
  fi
  export PGUSER="${user:-${POSTGRES_USER:-postgres}}" LC_ALL=C PGCLIENTENCODING=UTF8 PGCONNECT_TIMEOUT=30 PGTZ=UTC
  exec "$@"'
connect() {
  local as found
  for as in '' postgres; do
    PG=(${as:+--user "$as"} --env "PGDATABASE=$2" "$container" sh -c "$enter_server" enter "$4" "$3")
    if found=$(in_container "${PG[@]}" psql -XAtqw -c 'select 1' 2>"$work/connect") && [[ $found == 1 ]]; then
      return 0
    fi
    [[ -n $as ]] || cp "$work/connect" "$work/connect.first"
  done
  if grep -Eqi 'executable file not found|psql: not found' "$work/connect.first"; then
    die ToolMissing "The container \"$container\" has no psql."
  fi
  # The server says why in its own language: its list of databases is asked instead.
  for as in '' postgres; do
    PG=(${as:+--user "$as"} --env PGDATABASE=template1 "$container" sh -c "$enter_server" enter "$4" "$3")
    found=$(in_container -i "${PG[@]}" psql -XAtqw -v "name=$2" 2>/dev/null <<<"select count(*) from pg_database where datname = :'name'") || continue
    [[ $found != 0 ]] || die DatabaseNotFound "The server in \"$container\" has no database \"$2\"."
  done
  die DatabaseUnreachable "The server in \"$container\" does not let us in: $(first_line "$work/connect.first")"
}

# server_facts: sets SERVER_JSON, SERVER_MAJOR and CONTAINER_ZSTD (empty unless the container can compress), and dies when the client in the
# container is older than its server. All questions go in at once: each way into a container costs a tenth of a second.
server_facts() {
  local said client
  # shellcheck disable=SC2016 # expanded inside the container
  said=$(in_container "${PG[@]}" sh -c '
    pg_dump --version || echo
    command -v bash >/dev/null && command -v zstd || echo
    exec psql "$@"' facts -XAtqw -v ON_ERROR_STOP=1 -c "
    select current_setting('server_version_num')::int / 10000;
    select json_build_object(
      'version', current_setting('server_version'),
      'versionNumber', current_setting('server_version_num')::int,
      'bootstrapUser', (select rolname from pg_roles where oid = 10),
      -- Shown to superusers and members of pg_read_all_settings only: others cannot say what the scratch would have to load.
      'sharedPreloadLibraries', coalesce((select setting from pg_settings where name = 'shared_preload_libraries'), ''),
      'encoding', pg_encoding_to_char((select encoding from pg_database where datname = current_database())))" 2>"$work/facts-errors") ||
    die DatabaseUnreachable "The server in \"$container\" does not say what it is: $(first_line "$work/facts-errors")"
  # shellcheck disable=SC2034 # for the documents
  { read -r client && read -r CONTAINER_ZSTD && read -r SERVER_MAJOR && read -r SERVER_JSON; } <<<"$said"
  [[ -n $client ]] || die ToolMissing "The container \"$container\" has no pg_dump."
  SERVER_JSON="${SERVER_JSON%\}},\"clientVersion\":$(json_string "$client")}"
  [[ $client =~ \)\ ([0-9]+) ]] || die ToolMissing "pg_dump in \"$container\" does not tell its version: $client"
  ((BASH_REMATCH[1] >= SERVER_MAJOR)) ||
    die ClientServerMismatch "pg_dump in \"$container\" is version ${BASH_REMATCH[1]}, its server is $SERVER_MAJOR: an older client cannot dump it."
}
