#!/usr/bin/env bash
# Makes the containers of a compose project that are gone, starts those that stand still, and waits until their servers take connections.
# A container that is there is never made anew.
# shellcheck disable=SC2154,SC2034 # the prelude and the document's parameters assign

need docker base64
decode project project
decode directory directory
decode_list files files
decode_list environmentFiles environmentFiles
decode_list services services
decode_list servers servers
LONGEST_START=120 # seconds
started=$(now)

docker compose version >/dev/null 2>"$work/compose-errors" ||
  die ToolMissing "The host lacks docker compose (version 2): $(first_line "$work/compose-errors")"
missing=()
[[ -d $directory ]] || missing+=("$directory")
for file in "${files[@]}" "${environmentFiles[@]}"; do
  [[ -f $file ]] || missing+=("$file")
done
((${#missing[@]} == 0)) ||
  die ContainerNotMade "Of the compose project \"$project\" these are not on the host: ${missing[*]}. Bring them back first (suite-backup restore --mode config), or make the containers yourself."

project_options=(--project-name "$project" --project-directory "$directory")
for file in "${files[@]}"; do project_options+=(--file "$file"); done
for file in "${environmentFiles[@]}"; do project_options+=(--env-file "$file"); done
# --no-recreate: what is there, and runs with settings that its file has not any more, holds data that is restored beside, never thrown away.
docker compose "${project_options[@]}" up --detach --no-recreate "${services[@]}" 2>"$work/up-errors" ||
  die ContainerNotMade "docker compose up of the project \"$project\" ended with status $?: $(tail -n 3 "$work/up-errors" | tr '\n' ' ' | cut -c 1-500)"

# At its first start a server makes its data folder, and meanwhile answers on its socket only.
wait_for_server() { # CONTAINER
  local deadline=$((SECONDS + LONGEST_START))
  # shellcheck disable=SC2016 # expanded inside the container
  until docker exec "$1" sh -c 'exec pg_isready --quiet --host="${PGHOST:-127.0.0.1}"' &>/dev/null; do
    ((SECONDS < deadline)) || return 0 # the next plan says why nobody gets in
    sleep 0.5
  done
}

o='{'
o+='{'
containers=()
names=("${services[@]}")
((${#names[@]} > 0)) || names=('')
for service in "${names[@]}"; do
  filters=(--filter "label=com.docker.compose.project=$project")
  [[ -z $service ]] || filters+=(--filter "label=com.docker.compose.service=$service")
  while read -r id; do
    name=$(docker inspect --type container --format "${o}.Name}}" "$id")
    containers+=("$(json_string "${name#/}")")
  done < <(docker ps --all --quiet --no-trunc "${filters[@]}")
done
for server in "${servers[@]}"; do wait_for_server "$server"; done

IFS=,
result "{\"containers\":[${containers[*]}],\"seconds\":$(seconds_since "$started")}"
