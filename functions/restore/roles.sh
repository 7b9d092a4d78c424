# Sourced by documents that hold the stored roles against the server's. Needs database.sh.
# shellcheck shell=bash disable=SC2154 # the prelude and the document's parameters assign
# source ../runtime/fetch.sh
# include role-statements.awk as ROLE_STATEMENTS
# include role-differences.awk as ROLE_DIFFERENCES

# get_roles URL: $work/roles.zst as it is stored, and $work/roles.sql.
get_roles() {
  fetch "$1" >"$work/roles.zst" || die DownloadFailed "The stored roles could not be fetched: $(first_line "$work/fetch-errors")"
  unsealed zstd --quiet --decompress --stdout <"$work/roles.zst" >"$work/roles.sql" 2>"$work/zstd-errors" ||
    die ArchiveUnreadable "The stored roles $(why_unreadable "$work/zstd-errors")"
  grep -q '^-- PostgreSQL database cluster dump complete' "$work/roles.sql" || die ArchiveUnreadable 'The stored roles end too early.'
}

# compare_roles: which of the stored roles are missing on the server, and which differ. Passwords can be compared by those only who may
# read them.
compare_roles() {
  local options=() without=
  if [[ $superuser != t ]]; then
    options=(--no-role-passwords) without=yes
  fi
  on "$maintenance" pg_dumpall --globals-only --no-password "${options[@]}" >"$work/there.sql" 2>"$work/errors" </dev/null ||
    die DatabaseUnreachable "The roles of the server in \"$container\" cannot be read: $(said "$work/errors")"
  WITHOUT_PASSWORDS=$without awk "$ROLE_STATEMENTS" "$work/roles.sql" >"$work/stored-rights"
  WITHOUT_PASSWORDS=$without awk "$ROLE_STATEMENTS" "$work/there.sql" >"$work/rights"
  awk -F '\t' "$ROLE_DIFFERENCES" side=there "$work/rights" side=stored "$work/stored-rights" | sort >"$work/compared"
}

# compared missing|differing: a JSON list of names.
compared() {
  local what name list=
  while IFS=$'\t' read -r what name; do
    [[ $what == "$1" ]] || continue
    printf -v name '%b' "$name" # as COPY writes it
    list+=${list:+,}$(json_string "$name")
  done <"$work/compared"
  printf '[%s]' "$list"
}
