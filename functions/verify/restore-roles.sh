#!/usr/bin/env bash
# Loads the stored roles into the scratch server, and dumps them again for the comparison.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source ../runtime/fetch.sh
# source scratch.sh

need docker curl zstd aws openssl base64 sed
find_way
decode bootstrap_user bootstrapUser

fetch "$url" >"$work/roles.zst" || die DownloadFailed "The stored roles could not be fetched: $(first_line "$work/fetch-errors")"
unsealed zstd --quiet --decompress --stdout <"$work/roles.zst" >"$work/roles.sql" 2>"$work/zstd-errors" ||
  die ArchiveUnreadable "The stored roles $(why_unreadable "$work/zstd-errors")"

# The bootstrap user exists already. Tablespaces are made in place: their folders are the source's, not ours.
quoted=$(in_scratch postgres psql -XAtqw -c 'select quote_ident(current_user)')
{
  if grep -q '^CREATE TABLESPACE ' "$work/roles.sql"; then
    printf 'set allow_in_place_tablespaces = on;\n'
  fi
  grep -vxF "CREATE ROLE $quoted;" "$work/roles.sql" | sed -E "s/^(CREATE TABLESPACE .* LOCATION ).*;\$/\\1'';/"
} | in_scratch -i postgres psql -XAtqw -v ON_ERROR_STOP=1 >/dev/null 2>"$work/load-errors" ||
  judge_scratch 'The stored roles could not be loaded' "$work/load-errors" RestoreFailed

roles_text() {
  in_scratch postgres pg_dumpall --globals-only --no-password 2>"$work/dump-errors" | compress
}
store globals "$SSM_prefix$SSM_source.proof-$SSM_proof.$SSM_attempt.sql.zst" null roles_text ||
  judge_scratch 'The restored roles could not be read' "$work/dump-errors" RestoreFailed
result "{\"artifacts\":$(artifacts_json)}"
