# Sourced by documents that work on the contents of single tables.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign
# include foreign-keys.sql as FOREIGN_KEYS_SQL

# asked_tables: the names of $tables as a temporary table `asked`, with what each is here; written for psql's stdin. A name is exact: as
# quote_ident writes it.
asked_tables() {
  local name
  printf '%s\n' 'create temp table asked_names (line int generated always as identity, name text);' 'copy asked_names (name) from stdin;'
  for name in "${tables[@]}"; do
    name=${name//\\/\\\\} name=${name//$'\n'/\\n} name=${name//$'\t'/\\t}
    printf '%s\n' "${name//$'\r'/\\r}"
  done
  printf '%s\n' '\.' "create temp table asked as
    select a.line, a.name, c.oid, c.relkind, n.nspname, c.relname, case c.relkind when 'p' then a.name else 'only ' || a.name end as target,
      (select count(*) from asked_names b where split_part(b.name, '.', 2) = split_part(a.name, '.', 2)) as alike
    from asked_names a left join (pg_class c join pg_namespace n on n.oid = c.relnamespace)
      on quote_ident(n.nspname) || '.' || quote_ident(c.relname) = a.name and c.relkind in ('r', 'p');"
}

# check_asked: every name must be a table here; nothing is touched otherwise.
check_asked() { # DATABASE WHERE
  local missing
  missing=$({
    asked_tables
    echo "select string_agg(name, ', ' order by line) from asked where oid is null;"
  } | ask "$1")
  [[ -z $missing ]] || die TableNotFound "$2 has no table $missing. Nothing was touched."
}

# Triggers, rules and foreign keys must not act while contents are put in place as they were; foreign keys are asked for at the end.
need_replica_role() {
  [[ $superuser == t ]] ||
    die DatabaseUnreachable 'The database user is no superuser, so it cannot keep triggers and foreign keys still (session_replication_role) while contents are replaced. Name a superuser in the suite file, or restore side by side. Nothing was touched.'
}

# Ends the transaction when a foreign key has been broken.
# shellcheck disable=SC2016 # SQL
no_orphans_sql='do $check$
declare found text := pg_temp.orphans();
begin
  if found is not null then raise exception $$orphans: %$$, found; end if;
end $check$;'

# judge_tables WHAT: by what psql complained of in $work/errors.
judge_tables() {
  local why
  why=$(said "$work/errors")
  if [[ $why =~ orphans:\ (.*) ]]; then
    die ForeignKeyViolated "Nothing was changed, because ${BASH_REMATCH[1]}"
  fi
  ! grep -qi 'no space left' "$work/errors" || die DiskFull "The disk of the server in \"$container\" is full: $why"
  die RestoreFailed "$1 Nothing was changed: ${why:-it ended without a word.}"
}

# A schema of ours says so in its comment: another restore of the same point, planned at the same time, would give it the same name.
mark="suite-backup restore $SSM_restore"
schema_is_ours() { # SCHEMA
  [[ $(ask "$database" -v "name=$1" <<<"select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = :'name'") == "$mark"* ]]
}
schema_exists() { # SCHEMA
  [[ -n $1 && $(ask "$database" -v "name=$1" <<<"select count(*) from pg_namespace where nspname = :'name'") == 1 ]]
}

# drop_schema SCHEMA: with the tables in it, and nothing else: what somebody else has put there or built on it stands in the way, by name.
drop_schema() {
  ask "$database" -v "schema=$1" >/dev/null 2>"$work/errors" <<'SQL' || die RestoreFailed "The schema \"$1\" cannot be dropped: $(said "$work/errors")"
begin;
select 'drop table ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ') from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = :'schema' and c.relkind in ('r', 'p') having count(*) > 0 \gexec
select format('drop schema %I', :'schema') from pg_namespace where nspname = :'schema' \gexec
commit;
SQL
}
