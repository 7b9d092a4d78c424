#!/usr/bin/env bash
# Reads the table of contents of a stored dump. It stands at the archive's beginning: it proves little, but costs little and names much.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh
# source scratch.sh

need docker curl zstd base64
find_way
decode bootstrap_user bootstrapUser

status=0
# The rest is not read here: zstd and curl are cut off, so only pg_restore's own status counts.
{ fetch "$url" | unsealed zstd --quiet --decompress --stdout 2>"$work/zstd-errors" || true; } |
  in_scratch -i postgres pg_restore --list >"$work/list" 2>"$work/list-errors" || status=$?
((status == 0)) || die ArchiveUnreadable "pg_restore cannot list the stored dump: $(first_line "$work/list-errors") $(why_unreadable "$work/zstd-errors") $(first_line "$work/fetch-errors")"
entries=$(grep -c '^[0-9]' "$work/list") || true
table_data=$(grep -cE '^[0-9]+; [0-9]+ [0-9]+ TABLE DATA ' "$work/list") || true
result "{\"entries\":$entries,\"tableData\":$table_data}"
