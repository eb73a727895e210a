-- For triggers after a row names another one of its table as the one above it: no way up leads back to where it began.
-- Arguments: the key and the column that points up. One such change of a table at a time, since two that are made side
-- by side could close a circle that neither sees.
create or replace function refuse_circle() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    start bigint := to_jsonb(new) ->> tg_argv[0];
    above bigint := to_jsonb(new) ->> tg_argv[1];
    found bigint;
begin
    perform pg_advisory_xact_lock('refuse_circle'::regproc::oid::integer, tg_relid::integer);
    execute format(
        'with recursive way (key) as ('
        '    select $2 union select t.%2$I from %3$I t join way on t.%1$I = way.key where t.%2$I is not null'
        ') select key from way where key = $1',
        tg_argv[0], tg_argv[1], tg_table_name
    ) into found using start, above;
    if found is not null then
        raise check_violation using
            message = format('%s %s stands above itself', tg_table_name, start),
            hint = 'Choose another one above it.',
            table = tg_table_name,
            constraint = format('ck_%s_circle', tg_table_name);
    end if;
    return null;
end
$$;
