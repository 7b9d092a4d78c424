#!/usr/bin/env bash
# Restores a stored dump into a new database beside the one that is there: its encoding, locale, owner, settings and grants are the archive's.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh
# source archive.sh
# source new-database.sh

need docker curl zstd openssl tee awk sed base64
decode database database
decode beside beside
find_way
[[ $beside != "$database" && -n $beside ]] || die ParameterInvalid 'The new database needs a name of its own.'
ownership=()
[[ $SSM_ownership == keep ]] || ownership=(--no-owner --no-privileges)

reach_server "$database" "$beside"
may_create
end_leftovers
started=$(now)
get_archive
list_archive

describe_database "${ownership[@]}"

undo remove_unless_whole
restore=(pg_restore --exit-on-error --no-password "${ownership[@]}" --dbname="$(connection_to "$beside")")
create_database
if [[ -z $archive ]]; then
  stream "${restore[@]}" || {
    ((producers[0] == 0 || producers[0] == 23)) || judge_stream
    judge_restore "pg_restore of \"$database\" failed"
  }
  judge_stream
else
  # Several jobs can block each other on partitions: tried once again from the beginning, then one after the other.
  for attempt in 1 2 3; do
    ((attempt < 3)) || jobs=1
    ! from_archive "${restore[@]}" --jobs="$jobs" || break
    if ((jobs == 1)) || ! grep -qi 'deadlock detected' "$work/errors"; then
      judge_restore "pg_restore of \"$database\" failed"
    fi
    progress "${SSM_source:-database}" 0 'a deadlock between jobs of pg_restore: once more from an empty database'
    create_database
  done
fi
facts=$(ask "$maintenance" -v "name=$beside" -v "database=$database" <<'SQL'
select json_build_object('oid', oid::text, 'old', coalesce((select oid from pg_database where datname = :'database'), 0)::text, 'subscriptions',
  (select coalesce(json_agg(subname order by subname), '[]') from pg_subscription where subdbid = d.oid))
from pg_database d where datname = :'name'
SQL
)
wait_for_our_sessions "$beside"
# Whoever takes the database back compares with this: what is more was written since.
result "{\"sha256\":\"$sha256\",\"bytes\":$stored,\"writes\":$(writes_json "$beside"),\"seconds\":$(seconds_since "$started"),${facts#\{}"
