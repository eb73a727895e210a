-- Add up to `most` appended deltas to the summaries and weeks of their principals; answers how many were taken, so the
-- tick calls it until that is less than it asked for. One statement does it, so no reader ever sees it half done.
-- One fold or recompute at a time: whoever comes second takes nothing and leaves the rows to the next tick, so a tick
-- never waits and two never block each other for good.
create or replace function fold_principal_deltas(most integer default 50000) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    folded bigint;
begin
    if not pg_try_advisory_xact_lock('principal_summaries'::regclass::oid::bigint) then
        return 0;
    end if;

    with taken as (
        delete from principal_deltas
        where ctid = any (array(select ctid from principal_deltas limit most))
        returning *
    ),
    summed as (
        insert into principal_summaries as s (principal_id, opportunities_count, interactions_count)
        select principal_id, sum(opportunities), sum(interactions)
        from taken
        group by principal_id
        on conflict (principal_id) do update
        set opportunities_count = s.opportunities_count + excluded.opportunities_count,
            interactions_count = s.interactions_count + excluded.interactions_count
    ),
    spread as (
        insert into principal_weeks as w (principal_id, week_on, author_id, interaction_type, interactions_count)
        select principal_id, week_on, author_id, interaction_type, sum(interactions)
        from taken
        where week_on is not null
        group by principal_id, week_on, author_id, interaction_type
        having sum(interactions) <> 0
        on conflict (principal_id, week_on, author_id, interaction_type) do update
        set interactions_count = w.interactions_count + excluded.interactions_count
    )
    select count(*) from taken into folded;
    return folded;
end
$$;
revoke execute on function fold_principal_deltas(integer) from public;
grant execute on function fold_principal_deltas(integer) to kp_system;
