#!/usr/bin/env bash
# Starts an empty PostgreSQL from the same image as the source's, with nothing in it but its bootstrap user.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source scratch.sh

# The account stands at the beginning of the proof's id: several engines on one machine may protect a suite of the same name.
scratch_owner=$SSM_suite.${SSM_proof%%-*}

need docker openssl aws base64
decode image image
decode bootstrap_user bootstrapUser
decode preload sharedPreloadLibraries

docker image inspect --format . "$image" &>/dev/null || die ScratchFailed "The image $image that the point was taken from is not on this host."
mkdir -m 1777 "$scratch_directory" || die ScratchFailed "There already is a $scratch_directory."
started=
remove_unless_started() {
  [[ -n $started ]] || { docker rm --force --volumes "$scratch" && rm -rf -- "$scratch_directory"; } &>/dev/null
}
undo remove_unless_started
chmod 1777 "$scratch_directory"

listen=
network=none
if [[ -n $SSM_address ]]; then
  listen=$SSM_address
  network=host
fi
# The same path inside and outside. The server waits for its key, which only its user may read and which never stands on a command line.
# A port that another proof's server on this host holds is passed over. No durability: the scratch lives for minutes, and a crash fails the proof anyhow.
# Many locks: plain SQL is loaded in one transaction, which holds several for each table (5 MB in all).
# shellcheck disable=SC2016 # expanded inside the container
serve='
  cd "$1" || exit
  initdb --pgdata=data --username="$2" --auth=trust --encoding=UTF8 --no-locale --no-sync --no-instructions >log 2>&1 || exit
  : >initialized
  until [ -s data/server.key ]; do sleep 0.05; done
  port=$4
  until postgres -D data -c listen_addresses="$3" -c port="$port" -c unix_socket_directories=/proc/self/cwd -c shared_preload_libraries="$6" \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 -c archive_mode=off \
    -c max_wal_size=512MB -c autovacuum=off -c shared_buffers=64MB -c maintenance_work_mem=64MB -c huge_pages=off -c max_connections=20 -c max_locks_per_transaction=1024 \
    -c ssl=on -c ssl_cert_file=server.crt -c ssl_key_file=server.key -c password_encryption=scram-sha-256 -c logging_collector=off >log 2>&1
  do
    grep -q "Address already in use" log && [ "$port" -lt "$5" ] || exit
    port=$((port + 1))
  done'
docker run --detach --name "$scratch" --label "suite-backup.scratch=$scratch_owner" --network "$network" --shm-size 256m --log-driver none \
  --user postgres --volume "$scratch_directory:$scratch_directory" --entrypoint sh "$image" \
  -c "$serve" serve "$scratch_directory" "$bootstrap_user" "$listen" "$SSM_firstPort" "$SSM_lastPort" "$preload" >/dev/null 2>"$work/run-errors" ||
  die ScratchFailed "Docker could not start the scratch server: $(first_line "$work/run-errors")"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=suite-backup-scratch \
  -addext "subjectAltName=IP:${SSM_address:-127.0.0.1}" -keyout "$work/server.key" -out "$work/server.crt" 2>/dev/null
password=$(openssl rand -hex 24)

running() {
  [[ $(docker ps --all --quiet --no-trunc --filter "label=suite-backup.scratch=$scratch_owner") ]] &&
    [[ $(docker inspect --type container --format "$o.State.Running}}" "$scratch") == true ]]
}
o='{'
o+='{'
wait_for() { # WHAT COMMAND...: 60 s, or until the server has given up
  local what=$1 i
  shift
  for ((i = 0; i < 1200; i++)); do
    "$@" &>/dev/null && return
    ((i % 20 != 19)) || running || judge_scratch "The scratch server ended before $what" "$scratch_directory/log" ScratchFailed
    sleep 0.05
  done
  judge_scratch "The scratch server did not come so far in 60 s: $what" "$scratch_directory/log" ScratchFailed
}
wait_for 'its data folder was made' test -e "$scratch_directory/initialized"
# shellcheck disable=SC2016 # expanded inside the container
install='umask 077 && cd "$1/data" && cat >"$2.new" && mv "$2.new" "$2"'
install_file() {
  in_container -i --user postgres "$scratch" sh -c "$install" install "$scratch_directory" "$1" 2>>"$scratch_directory/log" ||
    judge_scratch "The scratch server could not be configured" "$scratch_directory/log" ScratchFailed
}
install_file server.crt <"$work/server.crt"
printf 'local all all trust\nhostssl all suite_backup_compare all scram-sha-256\n' | install_file pg_hba.conf
install_file server.key <"$work/server.key"
wait_for 'it answered' in_scratch postgres psql -XAtqw -c 'select 1'

in_scratch -i postgres psql -XAtqw -v ON_ERROR_STOP=1 <<<"set password_encryption = 'scram-sha-256';
  create role suite_backup_compare superuser login password '$password';" 2>"$work/role-errors" ||
  judge_scratch 'The compare role could not be made' "$work/role-errors" ScratchFailed
version=$(in_scratch postgres psql -XAtqw -c 'show server_version')
port=$(in_scratch postgres psql -XAtqw -c 'show port')

access=null
if [[ -n $SSM_address ]]; then
  key=${SSM_prefix}scratch-$SSM_proof.$SSM_attempt.json
  printf '{"host":%s,"port":%s,"user":"suite_backup_compare","password":"%s","certificate":%s}' \
    "$(json_string "$SSM_address")" "$port" "$password" "$(json_string "$(<"$work/server.crt")")" |
    aws s3 cp - "s3://$SSM_bucket/$key" --no-overwrite --only-show-errors 2>"$work/upload-errors" ||
    die UploadFailed "The access to the scratch server could not be stored: $(first_line "$work/upload-errors")"
  access=$(json_string "$key")
fi
started=yes
result "{\"container\":$(json_string "$scratch"),\"version\":$(json_string "$version"),\"image\":$(json_string "$image"),\"accessKey\":$access}"
