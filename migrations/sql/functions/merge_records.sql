-- Two records of a kind become one: the survivor takes the values `fields` ({column: value}), everything that hangs on the
-- absorbed one hangs on it, and the absorbed one is archived and remembered in merge_log, whose number is answered. Runs as
-- the owner, because what moves is also other people's (their stars, their views, their notes); so it asks for the rights
-- itself, and for both records to be live. With `most` only about so many rows move: whoever merges much calls merge_children
-- for the others, in the same transaction.
create or replace function merge_records(
    what record_kind_enum, survivor bigint, absorbed bigint, fields jsonb, most bigint default null
) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    tab text := what || 's';
    merge bigint;
    live integer;
    col text;
begin
    execute format(
        'select count(*) from (select from %1$I where %2$I in ($1, $2) and deleted_at is null order by %2$I for update) x',
        tab, what || '_id'
    ) into live using survivor, absorbed;
    if not may_merge(what, array[survivor, absorbed]) then
        raise insufficient_privilege using
            message = format('%s %s or %s is not this person''s to change', what, survivor, absorbed),
            hint = 'Whoever may change both can merge them.';
    end if;
    if live <> 2 then
        raise object_not_in_prerequisite_state using message = format('%s %s or %s is archived', what, survivor, absorbed);
    end if;

    insert into merge_log (kind, survivor_id, absorbed_id, merged_by)
    values (what, survivor, absorbed, app_user_id())
    returning merge_log_id into merge;
    if what = 'contact' then
        insert into merge_moves (merge_log_id, table_name, act, row_key, was)
        select merge, 'employments', 'kept', jsonb_build_object('employment_id', employment_id), to_jsonb(e)
        from employments e
        where contact_id = survivor;
    end if;

    execute format('update %I set deleted_at = now() where %I = $1', tab, what || '_id') using absorbed;
    for col in select jsonb_object_keys(fields) loop
        execute format(
            'with changed as ('
            '   update %1$I t set %2$I = (jsonb_populate_record(null::%1$I, $1)).%2$I where %3$I = $2'
            '   returning to_jsonb(old.%2$I) as was, to_jsonb(new.%2$I) as became)'
            ' update merge_log m set fields = m.fields || jsonb_build_object(%2$L, jsonb_build_object('
            '   ''was'', coalesce(was, ''null''), ''became'', coalesce(became, ''null'')))'
            ' from changed where m.merge_log_id = $3',
            tab, col, what || '_id'
        ) using fields, survivor, merge;
    end loop;
    if what = 'contact' then  -- what the trail of employments made of another organization
        insert into merge_moves (merge_log_id, table_name, act, row_key, became)
        select merge, 'employments', 'added', jsonb_build_object('employment_id', employment_id), to_jsonb(e)
        from employments e
        where contact_id = survivor
            and not exists (
                select from merge_moves k
                where k.merge_log_id = merge and k.act = 'kept'
                    and (k.row_key ->> 'employment_id')::bigint = e.employment_id
            );
    end if;
    perform merge_children(merge, most);
    return merge;
end
$$;
revoke execute on function merge_records(record_kind_enum, bigint, bigint, jsonb, bigint) from public;
grant execute on function merge_records(record_kind_enum, bigint, bigint, jsonb, bigint) to kp_staff, kp_system;
