-- One row per principal that is not archived: its counts, its last touch and its level today. Read by lists, rings,
-- dashboards and digests.
-- Surprising: nothing here scans the history. Counts are the folded summary plus the deltas not folded yet; the last
-- touch is the end of an index, so it stays right when the newest interaction is archived or moved back; the level is
-- computed now. Archived opportunities, interactions and products do not count, nor do mere promises. An opportunity
-- counts for each of its principals, even without products. Interactions are those that count for the principal:
-- through their opportunity or named on them.
create view principal_activity_summary with (security_invoker = true) as
select
    o.organization_id,
    o.name,
    coalesce(s.opportunities_count, 0) + coalesce(d.opportunities, 0) as opportunities_count,
    coalesce(s.interactions_count, 0) + coalesce(d.interactions, 0) as interactions_count,
    (
        select count(*) from products p where p.principal_id = o.organization_id and p.deleted_at is null
    ) as products_count,
    last.touch_at as last_activity_date,
    calculate_engagement_level(last.touch_at) as engagement_level
from organizations o
left join principal_summaries s on s.principal_id = o.organization_id
left join (
    select principal_id, sum(opportunities) as opportunities, sum(interactions) as interactions
    from principal_deltas
    group by principal_id
) as d on d.principal_id = o.organization_id
left join lateral (
    select max(ip.interaction_date) as touch_at
    from interaction_principals ip
    where ip.principal_id = o.organization_id and ip.counts
) as last on true
where o.is_principal and o.deleted_at is null;

grant select on principal_activity_summary to kp_staff, kp_system, kp_backup;
