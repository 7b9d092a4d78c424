# Sourced by documents that make a database for an archive to be loaded into.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# include database-words.awk as DATABASE_WORDS

may_create() {
  local may
  may=$(ask "$maintenance" <<<'select rolsuper or rolcreatedb from pg_roles where rolname = current_user')
  [[ $may == t ]] ||
    die DatabaseUnreachable "The database user may not create databases: give it CREATEDB, or name a superuser in the suite file. Nothing was touched."
}

# describe_database [pg_restore option...]: what the archive says about the database itself goes to $work/create, under the new name: CREATE
# DATABASE, owner, settings, grants, comment. A use-list that names nothing else leaves out every other entry.
describe_database() {
  local describe name calm
  { grep -E '^[0-9]+; [0-9]+ [0-9]+ (ACL|COMMENT|SECURITY LABEL) - DATABASE ' "$work/list" || true; } | put list
  describe=(pg_restore --create "$@" --use-list="$place/list" --file=-)
  if [[ $database != *[$'\n\r']* ]]; then
    from_archive "${describe[@]}" >"$work/described" || judge_restore "The dump of \"$database\" does not say how to create it"
  else
    # pg_restore refuses to write a name with a line break for psql: it reads a name of the same length. Only the beginning is asked for.
    name=$(printf '%s' "$database" | sed -z -e 's/[][\\.*^$/]/\\&/g' -e 's/\n/\\n/g')
    calm=${database//[$'\n\r']/_}
    calm=$(printf '%s' "$calm" | sed 's/[\\&/]/\\&/g')
    # pg_restore reads no further than it needs.
    { fetch "$url" | zstd --quiet --decompress --stdout 2>/dev/null | head -c 67108864 |
      sed -z -e "s/$name/$calm/g" -e "s/${name//\"/\"\"}/${calm//\"/\"\"}/g" || true; } |
      on "$maintenance" "${describe[@]}" 2>"$work/errors" >"$work/described" || judge_restore "The dump of \"$database\" does not say how to create it"
  fi
  NEW_NAME="\"${beside//\"/\"\"}\"" awk "$DATABASE_WORDS" "$work/described" >"$work/create"
}

# create_database: makes $beside as $work/create says; what lies there from an earlier try is no loss.
create_database() {
  remove_database "$beside" || true
  ask "$maintenance" -f - <"$work/create" >/dev/null 2>"$work/errors" || judge_restore "The database beside \"$database\" could not be created"
}

remove_unless_whole() {
  ((${status:-1} == 0)) || (remove_database "$beside") # of finish
}
