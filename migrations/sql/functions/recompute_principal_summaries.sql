-- Compare the counts of every principal with a recount of the history and mend the difference; answers how many
-- principals differed and by how much in sum. Readers and writers go on: recount, summaries and deltas are read in one
-- statement, hence from one moment, and only the difference is added. What is appended or folded meanwhile stays.
-- One recompute or fold at a time: two recomputes would both add the same difference.
create or replace function recompute_principal_summaries(
    out principals bigint, out opportunities bigint, out interactions bigint
)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock('principal_summaries'::regclass::oid::bigint);

    with recounted as (
        select op.principal_id, 1 as opportunities, 0 as interactions
        from opportunity_principals op
        join opportunities o using (opportunity_id)
        where o.deleted_at is null
        union all
        select principal_id, 0, 1 from interaction_principals where counts
    ),
    kept as (
        select principal_id, opportunities_count, interactions_count from principal_summaries
        union all
        select d.principal_id, d.opportunities, d.interactions from principal_deltas d
    ),
    drift as (
        select principal_id, sum(opportunities) as opportunities, sum(interactions) as interactions
        from (
            select principal_id, opportunities, interactions from recounted
            union all
            select principal_id, -opportunities_count, -interactions_count from kept
        ) as difference
        group by principal_id
        having sum(opportunities) <> 0 or sum(interactions) <> 0
    ),
    mended as (
        insert into principal_summaries as s (principal_id, opportunities_count, interactions_count)
        select principal_id, opportunities, interactions from drift
        on conflict (principal_id) do update
        set opportunities_count = s.opportunities_count + excluded.opportunities_count,
            interactions_count = s.interactions_count + excluded.interactions_count
    )
    select count(*), coalesce(sum(abs(drift.opportunities)), 0), coalesce(sum(abs(drift.interactions)), 0)
    from drift
    into principals, opportunities, interactions;
end
$$;
revoke execute on function recompute_principal_summaries() from public;
grant execute on function recompute_principal_summaries() to kp_system;
