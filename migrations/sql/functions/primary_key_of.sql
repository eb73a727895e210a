-- The columns of a table's primary key, in their order: by these merge_moves names its rows.
create or replace function primary_key_of(tab regclass) returns text[]
    language sql stable set search_path = pg_catalog, public
as $$
    select array_agg(a.attname::text order by array_position(i.indkey::smallint[], a.attnum))
    from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = tab and i.indisprimary
$$;
revoke execute on function primary_key_of(regclass) from public;
