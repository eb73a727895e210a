-- A merge is taken back: both records stand as they did, each with what hung on it; what was added to the survivor since
-- stays with it, and what was changed since stays as it is now. Answers the columns of the survivor that somebody changed
-- since, null if the merge was taken back before. Runs as the owner, as merge_records does, and asks for the same rights.
create or replace function split_records(merge bigint) returns text[]
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    log merge_log;
    tab text;
    key text;
    col text;
    is_back boolean;
    is_moved boolean := false;
    stay text[] := '{}';
    last_employment bigint;
begin
    select * into log from merge_log where merge_log_id = merge;
    tab := log.kind || 's';
    key := log.kind || '_id';
    execute format('select from %1$I where %2$I in ($1, $2) order by %2$I for update', tab, key)
        using log.survivor_id, log.absorbed_id;
    if not may_merge(log.kind, array[log.survivor_id, log.absorbed_id]) then
        raise insufficient_privilege using
            message = format('%s %s or %s is not this person''s to change', log.kind, log.survivor_id, log.absorbed_id),
            hint = 'Whoever may change both can take a merge back.';
    end if;
    if exists (select from merge_log where merge_log_id = merge and split_at <> now()) then
        return null;
    end if;

    perform take_back_merge(merge);

    select coalesce(max(employment_id), 0) into last_employment from employments;
    execute format('update %I set deleted_at = null where %I = $1', tab, key) using log.absorbed_id;
    for col in select jsonb_object_keys(log.fields) loop
        execute format(
            'with back as ('
            '   update %1$I t set %2$I = (jsonb_populate_record(null::%1$I, jsonb_build_object(%2$L, $1 -> ''was''))).%2$I'
            '   where t.%3$I = $2 and coalesce(to_jsonb(t.%2$I), ''null'') = $1 -> ''became'' returning 1)'
            ' select exists (select from back)',
            tab, col, key
        ) into is_back using log.fields -> col, log.survivor_id;
        if not is_back then
            stay := stay || col;
        elsif log.kind = 'contact' and col in ('organization_id', 'position', 'left_on') then
            is_moved := true;
        end if;
    end loop;

    if is_moved and not stay && '{organization_id,left_on}'::text[] then
        -- The trail of employments took the way back for another move: it never happened.
        delete from employments where contact_id = log.survivor_id and employment_id > last_employment;
        update employments e
        set (organization_id, position, started_on, ended_on) = (
            select x.organization_id, x.position, x.started_on, x.ended_on
            from jsonb_populate_record(null::employments, k.was) x
        )
        from merge_moves k
        where k.merge_log_id = merge and k.act = 'kept'
            and e.employment_id = (k.row_key ->> 'employment_id')::bigint
            and e.contact_id = log.survivor_id;
    end if;
    return stay;
end
$$;
revoke execute on function split_records(bigint) from public;
grant execute on function split_records(bigint) to kp_staff, kp_system;
