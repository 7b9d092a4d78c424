#!/usr/bin/env bash
# Restores a stored dump into the scratch server under its own name, owners and grants kept, and hashes every stored byte on the way.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh
# source scratch.sh

need docker curl zstd openssl tee base64
find_way
decode bootstrap_user bootstrapUser
decode database database

# The archive creates its database itself. What bears its name makes room: the server's own `postgres`, or what an attempt before this one left.
maintenance=postgres
[[ $database != postgres ]] || maintenance=template1
in_scratch -i "$maintenance" psql -XAtqw -v ON_ERROR_STOP=1 -v "name=$database" <<<'drop database if exists :"name"' 2>"$work/drop-errors" ||
  judge_scratch "The scratch database \"$database\" could not make room" "$work/drop-errors" RestoreFailed

started=$(now)
mkfifo "$work/hash" "$work/count"
openssl dgst -sha256 -r <"$work/hash" >"$work/sha256" 3>&- &
hash=$!
wc -c <"$work/count" >"$work/bytes" 3>&- &
count=$!
set +e
fetch "$url" | tee "$work/hash" "$work/count" | unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors" |
  in_scratch -i "$maintenance" pg_restore --create --exit-on-error --no-password --dbname="$maintenance" 2>"$work/restore-errors"
status=("${PIPESTATUS[@]}")
set -e
wait "$hash" "$count"
# pg_restore first: when it gives up, the others are only cut off. curl says 23 then, or the shell around it ends of SIGPIPE.
if ((status[3] != 0)) && ((status[0] == 0 || status[0] == 23 || status[0] == 141)) && ! grep -q 'could not read from input file' "$work/restore-errors"; then
  # Up to its first literal: a subscription's may be a password.
  statement=$(sed -n "s/'.*//; /^Command was: / { s///p; q; }" "$work/restore-errors" | cut -c 1-120)
  judge_scratch "pg_restore of \"$database\" failed${statement:+ at: $statement ...}" "$work/restore-errors" RestoreFailed
fi
((status[0] == 0)) || die DownloadFailed "The stored dump of \"$database\" could not be fetched: $(first_line "$work/fetch-errors")"
((status[2] == 0)) || die ArchiveUnreadable "The stored dump of \"$database\" $(why_unreadable "$work/zstd-errors")"
((status[3] == 0)) || die ArchiveUnreadable "The stored dump of \"$database\" ends too early: $(first_line "$work/restore-errors")"
read -r sha256 _ <"$work/sha256"
result "{\"restoreSeconds\":$(seconds_since "$started"),\"sha256\":\"$sha256\",\"bytes\":$(($(<"$work/bytes")))}"
