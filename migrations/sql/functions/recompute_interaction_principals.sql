-- Compare interaction_principals with the history and mend what differs; answers how many rows did. Nothing is locked
-- while nothing differs. What does is locked first (interactions, then their opportunities, in the order of their keys,
-- as every writer does) and looked at again, so a change that is on its way is never overwritten.
-- The counts follow by triggers, so this goes before the recompute of summaries and weeks.
create or replace function recompute_interaction_principals() returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    suspects bigint[] := array(
        -- missing
        select i.interaction_id
        from interactions i
        join opportunity_principals op using (opportunity_id)
        where not exists (
            select from interaction_principals ip
            where ip.interaction_id = i.interaction_id and ip.principal_id = op.principal_id
        )
        union
        -- not derived from anything, or with wrong copies
        select ip.interaction_id
        from interaction_principals ip
        join interactions i using (interaction_id)
        left join opportunities o using (opportunity_id)
        left join opportunity_principals op
            on op.opportunity_id = i.opportunity_id and op.principal_id = ip.principal_id
        where (ip.is_derived and op.principal_id is null)
            or (ip.interaction_date, ip.author_id, ip.interaction_type, ip.counts) is distinct from
                (i.interaction_date, i.author_id, i.interaction_type,
                 i.is_touch and i.deleted_at is null and o.deleted_at is null)
    );
begin
    if suspects = '{}' then
        return 0;
    end if;
    perform from interactions where interaction_id = any (suspects) order by interaction_id for no key update;
    perform from opportunities
    where opportunity_id in (select opportunity_id from interactions where interaction_id = any (suspects))
    order by opportunity_id
    for update;
    return derive_interaction_principals(suspects);
end
$$;
revoke execute on function recompute_interaction_principals() from public;
grant execute on function recompute_interaction_principals() to kp_system;
