-- For triggers after rows come, change or go (`fresh` = those rows, also the ones that went): tells whoever listens, when the
-- transaction commits, which rows of which table these were, by number and nothing else (crm/live.py). Once for each
-- statement: `interactions:12,13`, and `interactions:*` for many. Arguments: the key; of rows that are one person's the
-- column that names the person, who alone is told then: `favorites:4@7`.
create or replace function tell_change() returns trigger
    language plpgsql set search_path = pg_catalog, public
as $$
declare
    key text := tg_argv[0];
    person text := nullif(tg_argv[1], '');
    most constant integer := 20;
    told record;
begin
    for told in
        with changed as (
            select n ->> key as number, n ->> person as person
            from (select to_jsonb(fresh) as n from fresh limit most + 1) as first
        )
        select changed.person, case when count(*) > most then '*' else string_agg(distinct number, ',') end as numbers
        from changed
        group by changed.person
    loop
        perform pg_notify('changes', tg_table_name || ':' || told.numbers || coalesce('@' || told.person, ''));
    end loop;
    return null;
end
$$;
