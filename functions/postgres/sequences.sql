/*
 * One statement per sequence. Sequences are outside every snapshot (last_value moves within one REPEATABLE READ transaction): they are
 * read before and after the dump, and the restored value must lie between.
 */
select format(
  'select json_build_object(''kind'', ''sequence'', ''phase'', current_setting(''suite_backup.phase''), ''name'', %L, ''next'', (last_value + case when is_called then %s else 0 end)::text) from %s',
  quote_ident(n.nspname) || '.' || quote_ident(c.relname), s.seqincrement, quote_ident(n.nspname) || '.' || quote_ident(c.relname))
from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't'
  and not exists (
    select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
      and not exists (select from pg_extension e where c.oid = any (e.extconfig)))
