#!/usr/bin/env bash
# Counts the rows that were written into a restored database since it took its place.
# shellcheck disable=SC2154 # the prelude and the document's parameters assign
# source database.sh

need docker base64
decode database database
decode baseline baseline
only_asks
reach_server "$database"
tables='[]'
if database_exists "$database"; then
  # Fewer than before: the statistics began anew, after a crash for example; then all of them are new.
  tables=$(ask "$maintenance" -v "now=$(writes_json "$database")" -v "then=$baseline" <<'SQL'
with seen as (select * from json_to_recordset(:'now'::json) as n ("table" text, writes bigint)),
base as (select * from json_to_recordset(:'then'::json) as t ("table" text, writes bigint)),
-- Of tables that were restored alone (restore-tables.sh says so with a table "-"), only those count.
alone as (select exists (select from base where "table" = '-') as so),
-- One side too large to be told by table: sums are compared.
side as (select exists (select from seen where "table" = '*') or exists (select from base where "table" = '*') as summed),
pair as (
  select s."table", s.writes, coalesce(b.writes, 0) as before from seen s left join base b using ("table"), side, alone
    where not summed and (not so or b."table" is not null)
  union all select '*', (select sum(writes) from seen), coalesce((select sum(writes) from base), 0) from side where summed
),
news as (select "table", case when writes < before then writes else writes - before end as writes from pair)
select coalesce(json_agg(json_build_object('table', "table", 'writes', writes) order by writes desc, "table"), '[]') from news where writes > 0
SQL
  )
fi
rows=$(ask "$maintenance" -v "tables=$tables" <<<"select coalesce(sum(writes), 0) from json_to_recordset(:'tables'::json) as t (writes bigint)")
result "{\"rows\":$rows,\"tables\":$tables}"
