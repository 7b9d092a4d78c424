# Sourced by restore-tables.sh: the temporary database that holds the chosen tables.
# shellcheck shell=bash disable=SC2154,SC2034 # the prelude and the document's parameters assign

# load_tables: $beside gets the definitions of everything and the rows of $tables, without owners, grants, triggers and foreign keys.
load_tables() {
  local options=(--no-owner --no-privileges --exit-on-error --no-password --dbname="$(connection_to "$beside")")
  describe_database --no-owner --no-privileges
  create_database
  load --section=pre-data
  check_asked "$beside" "The recovery point's database \"$database\""
  # The rows are written per partition. Names in the archive's list have no line breaks, and an owner behind them: one match too many only
  # loads rows that nobody asks for.
  {
    asked_tables
    printf '%s\n' "select distinct translate(format('%s %s ', n.nspname, c.relname), e'\\n\\r', '  ') from asked a
      join lateral (select a.oid as relid union select relid from pg_partition_tree(a.oid)) t on true
      join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace;"
  } | ask "$beside" >"$work/wanted"
  awk '
    NR == FNR { wanted[$0]; next }
    /^[0-9]+; [0-9]+ [0-9]+ (SEQUENCE SET|INDEX|CONSTRAINT|INDEX ATTACH) / { print; next }
    /^[0-9]+; [0-9]+ [0-9]+ TABLE DATA / {
      rest = $0
      sub(/^[0-9]+; [0-9]+ [0-9]+ TABLE DATA /, "", rest)
      for (each in wanted) if (index(rest, each) == 1) { print; next }
    }' "$work/wanted" "$work/list" | put list
  load --use-list="$place/list"
}

load() { # pg_restore option...
  from_archive pg_restore "${options[@]}" "$@" || {
    [[ -n $archive ]] || ((producers[0] == 0 || producers[0] == 23)) || judge_stream
    judge_restore "The tables of \"$database\" could not be loaded beside it"
  }
}

# stored_columns DATABASE: per table its columns, in an order and a form that two databases can be compared in.
columns_of() {
  {
    asked_tables
    echo "select to_json(a.name) || ': ' || coalesce((select string_agg(format('%I %s%s', attname, format_type(atttypid, atttypmod),
        case attgenerated when '' then '' else ' (generated)' end), ', ' order by attname collate \"C\")
      from pg_attribute t where t.attrelid = a.oid and t.attnum > 0 and not t.attisdropped), 'no columns') from asked a order by line;"
  } | (printf "set search_path = '';\n" && cat) | ask "$1"
}

# rows_of DATABASE: `[{"name":…,"rows":…}]` of the asked tables, and nothing else on stdout.
counted_sql="create temp table answer (line int, name text, rows bigint);
select format('insert into pg_temp.answer select %s, %L, count(*) from %s', line, name, target) from asked \\gexec
select coalesce(json_agg(json_build_object('name', name, 'rows', rows) order by line), '[]') from pg_temp.answer;"
rows_of() {
  {
    echo "set search_path = '';"
    asked_tables
    printf '%s\n' "$counted_sql"
  } | ask "$1"
}

# tables_writes: as writes_json, of the asked tables only, those without any too; "-" says that no other counts.
tables_writes() {
  wait_for_our_sessions "$database"
  {
    echo "set search_path = '';"
    asked_tables
    echo "with named as (
        select quote_ident(s.schemaname) || '.' || quote_ident(s.relname) as \"table\", s.n_tup_ins + s.n_tup_upd + s.n_tup_del as writes
        from pg_stat_user_tables s where s.relid in (select t.relid from asked a, lateral (select a.oid union select relid from pg_partition_tree(a.oid)) t (relid))
        union all select '-', 0
      ) select json_agg(json_build_object('table', \"table\", 'writes', writes)) from named;"
  } | ask "$database"
}
