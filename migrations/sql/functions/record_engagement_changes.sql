-- Compare each principal's level on the firm's day `today` with the one recorded last before that day, and keep at most
-- one change per principal and day, with its cause; answers how many rows were written. A level that went and came
-- back within the day is no change, so its row goes again. An unchanged day writes nothing.
-- Causes: 'first seen' · 'interaction' lifted it · 'time passed' let it fall · 'interaction withdrawn' = it fell because
-- the last touch was archived or moved away, which shows in a last touch older than the one seen last time.
create or replace function record_engagement_changes(today date) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    written bigint;
begin
    perform pg_advisory_xact_lock('principal_summaries'::regclass::oid::bigint);

    with found as (
        select o.organization_id as principal_id, last.touch_at, s.touch_seen_at,
            recorded.to_level as level_before,
            calculate_engagement_level(last.touch_at, today) as level
        from organizations o
        left join principal_summaries s on s.principal_id = o.organization_id
        left join lateral (
            select max(ip.interaction_date) as touch_at
            from interaction_principals ip
            where ip.principal_id = o.organization_id
                and ip.counts
                and ip.interaction_date < (today + 1)::timestamp at time zone firm_zone()
        ) as last on true
        left join lateral (
            select c.to_level
            from engagement_changes c
            where c.principal_id = o.organization_id and c.changed_on < today
            order by c.changed_on desc
            limit 1
        ) as recorded on true
        where o.is_principal and o.deleted_at is null
    ),
    judged as (
        select *, case
            when level_before is null then 'first seen'
            when array_position(scale, level) > array_position(scale, level_before) then 'interaction'
            when touch_seen_at > coalesce(touch_at, '-infinity') then 'interaction withdrawn'
            else 'time passed'
        end as cause
        from found, (values (
            array['Inactive', 'Low Engagement', 'Medium Engagement', 'High Engagement']
        )) as levels (scale)
    ),
    recorded as (
        merge into engagement_changes c
        using judged on c.principal_id = judged.principal_id and c.changed_on = today
        when matched and judged.level = judged.level_before then
            delete
        when matched and judged.level <> c.to_level then
            update set to_level = judged.level, cause = judged.cause
        when not matched and judged.level is distinct from judged.level_before then
            insert (principal_id, changed_on, from_level, to_level, cause)
            values (judged.principal_id, today, judged.level_before, judged.level, judged.cause)
        returning 1
    ),
    seen as (
        insert into principal_summaries as s (principal_id, touch_seen_at)
        select principal_id, touch_at
        from judged
        where touch_at is distinct from touch_seen_at
        on conflict (principal_id) do update set touch_seen_at = excluded.touch_seen_at
    )
    select count(*) from recorded into written;
    return written;
end
$$;
revoke execute on function record_engagement_changes(date) from public;
grant execute on function record_engagement_changes(date) to kp_system;
