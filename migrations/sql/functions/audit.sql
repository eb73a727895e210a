-- For triggers after rows come, change or go (`was` = rows before, `fresh` = rows after): each change of a row becomes a
-- row of the trail, with the columns that changed and nothing else. Arguments: the key, of a link its two keys, and
-- columns that are left out because nobody decides them. Rows that triggers derive are left out altogether.
-- An exchanged key (another principal in the same link) is one link that went and one that came.
create or replace function audit() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    key text := tg_argv[0];
    other text := nullif(tg_argv[1], '');
    omitted text[] := '{created_at,updated_at,version,name_key,stage_changed_at}'::text[]
        || coalesce(string_to_array(tg_argv[2], ' '), '{}');
    who bigint := app_user_id();
begin
    if tg_op = 'INSERT' then
        insert into audit_log (table_name, row_id, other_id, action, user_id, version, after)
        select tg_table_name, (n ->> key)::bigint, (n ->> other)::bigint, 'insert', who, (n ->> 'version')::integer,
            jsonb_strip_nulls(n - omitted)
        from (select to_jsonb(fresh) from fresh) as come (n)
        where (n ->> 'is_derived')::boolean is not true;
    elsif tg_op = 'DELETE' then
        insert into audit_log (table_name, row_id, other_id, action, user_id, version, before)
        select tg_table_name, (o ->> key)::bigint, (o ->> other)::bigint, 'delete', who, (o ->> 'version')::integer,
            jsonb_strip_nulls(o - omitted)
        from (select to_jsonb(was) from was) as went (o)
        where (o ->> 'is_derived')::boolean is not true;
    else
        insert into audit_log (table_name, row_id, other_id, action, user_id, version, before, after)
        select tg_table_name, (coalesce(n, o) ->> key)::bigint, (coalesce(n, o) ->> other)::bigint,
            (case when o is null then 'insert' when n is null then 'delete' else 'update' end)::audit_action_enum,
            who, (coalesce(n, o) ->> 'version')::integer, changed.old_values, changed.new_values
        from (select to_jsonb(was) from was) as before (o)
        full join (select to_jsonb(fresh) from fresh) as afterwards (n)
            on o ->> key = n ->> key and coalesce(o ->> other, '') = coalesce(n ->> other, '')
        cross join lateral (
            select jsonb_object_agg(name, o -> name) filter (where o is not null) as old_values,
                jsonb_object_agg(name, n -> name) filter (where n is not null) as new_values
            from jsonb_object_keys(coalesce(n, o)) as name
            where name <> all (omitted) and n -> name is distinct from o -> name
        ) as changed
        where coalesce(changed.old_values, changed.new_values) is not null
            and not (
                (coalesce(o, n) ->> 'is_derived')::boolean is true
                and (coalesce(n, o) ->> 'is_derived')::boolean is true
            );
    end if;
    return null;
end
$$;
