-- SQL text that makes the key of a row (of the alias `row`) of a table as JSON, as merge_moves keeps it.
create or replace function row_key_of(tab regclass) returns text
    language sql stable set search_path = pg_catalog, public
as $$
    select 'jsonb_build_object(' || string_agg(format('%1$L, "row".%1$I', key), ', ') || ')'
    from unnest(primary_key_of(tab)) as key
$$;
revoke execute on function row_key_of(regclass) from public;
