/*
 * Makes pg_temp.orphans(): a sentence about rows of the asked tables, or of those that refer to them, that refer to a row that is not there;
 * null when there are none.
 */
create function pg_temp.orphans() returns text language plpgsql set search_path = '' as $check$
declare
  key record;
  found bigint;
begin
  for key in
    select k.conname, quote_ident(cn.nspname) || '.' || quote_ident(c.relname) as child, quote_ident(pn.nspname) || '.' || quote_ident(p.relname) as parent,
      format('select count(*) from %s%I.%I c where %s and not exists (select from %s%I.%I p where %s)',
        case c.relkind when 'p' then '' else 'only ' end, cn.nspname, c.relname,
        case k.confmatchtype when 'f' then '(' || string_agg(format('c.%I is not null', ca.attname), ' or ') || ')'
          else string_agg(format('c.%I is not null', ca.attname), ' and ') end,
        case p.relkind when 'p' then '' else 'only ' end, pn.nspname, p.relname,
        string_agg(format('p.%I operator(%I.%s) c.%I', pa.attname, opn.nspname, o.oprname, ca.attname), ' and ')) as orphans
    from pg_constraint k
      join pg_class c on c.oid = k.conrelid join pg_namespace cn on cn.oid = c.relnamespace
      join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      cross join generate_subscripts(k.conkey, 1) i
      join pg_attribute ca on ca.attrelid = c.oid and ca.attnum = k.conkey[i]
      join pg_attribute pa on pa.attrelid = p.oid and pa.attnum = k.confkey[i]
      join pg_operator o on o.oid = k.conpfeqop[i] join pg_namespace opn on opn.oid = o.oprnamespace
    -- One that was never validated (NOT VALID) promises nothing of old rows.
    where k.contype = 'f' and k.conparentid = 0 and k.convalidated
      and exists (
        select from pg_temp.asked a
        where k.conrelid = a.oid or k.confrelid = a.oid
          or k.conrelid in (select relid from pg_partition_tree(a.oid)) or k.confrelid in (select relid from pg_partition_tree(a.oid)))
    group by k.oid, k.conname, k.confmatchtype, c.relkind, cn.nspname, c.relname, p.relkind, pn.nspname, p.relname
    order by 2, 1
  loop
    execute key.orphans into found;
    if found > 0 then
      return format('%s rows of %s refer to rows that %s does not have (foreign key %I).', found, key.child, key.parent, key.conname);
    end if;
  end loop;
  return null;
end $check$;
