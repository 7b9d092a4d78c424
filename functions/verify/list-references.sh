#!/usr/bin/env bash
# Lists the paths that rows of the restored database refer to, one list per statement. They may be millions: they go to the vault, not into the result.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/store.sh
# source scratch.sh

need docker zstd aws openssl base64 tar
decode bootstrap_user bootstrapUser
decode database database
decode_list statements statements

# ask FILE [psql option...]: what psql answers to stdin, NUL after each row. 1: the statement itself is wrong, which is a finding; whatever else goes wrong is not.
ask() {
  local file=$1 status=0
  shift
  in_scratch -i "$database" psql -XAtqw -v ON_ERROR_STOP=1 --record-separator-zero "$@" >"$file" 2>"$work/ask-errors" || status=$?
  ((status != 0)) || return 0
  if ((status != 3)) || grep -qi 'no space left' "$work/ask-errors"; then
    judge_scratch "The restored database \"$database\" does not answer" "$work/ask-errors" RestoreFailed
  fi
  first_line "$work/ask-errors" >"$list.failed"
  return 1
}

mkdir "$work/lists"
for i in "${!statements[@]}"; do
  list=$work/lists/$i
  # Parentheses let only one statement in. \gdesc tells its columns and reads no row.
  ask "$work/columns" <<<"(
${statements[i]}
) \\gdesc" || continue
  columns=$(tr --complement --delete '\0' <"$work/columns" | wc -c)
  if ((columns != 1)); then
    printf '%s' "$columns" >"$list.columns"
    continue
  fi
  # Bytes of no known encoding cannot be told in another one. FETCH_COUNT: psql holds no more rows than that.
  ask "$list.paths" -v FETCH_COUNT=10000 <<<"
select case current_setting('server_encoding') when 'SQL_ASCII' then 'SQL_ASCII' else 'UTF8' end as encoding \\gset
\\encoding :encoding
select path from (select distinct path::text as path from (
${statements[i]}
) as answer (path)) as answers where path is not null order by path collate \"C\";" || rm "$list.paths"
done

lists_archive() {
  tar --create --format=gnu --directory="$work/lists" . | compress
}
store references "$SSM_prefix$SSM_source.proof-$SSM_proof.$SSM_attempt.references.tar.zst" null lists_archive
result "{\"artifacts\":$(artifacts_json)}"
