-- The same as recompute_principal_summaries for the weeks: compares with a recount, adds only the difference, answers
-- how many rows differed and by how much in sum. A firm that moved to another zone finds its weeks told anew here.
create or replace function recompute_principal_weeks(out weeks bigint, out interactions bigint)
    language plpgsql security definer set search_path = pg_catalog, public
as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock('principal_summaries'::regclass::oid::bigint);

    with drift as (
        select principal_id, week_on, author_id, interaction_type, sum(n) as n
        from (
            select principal_id, firm_week(interaction_date) as week_on, coalesce(author_id, 0) as author_id,
                interaction_type, 1 as n
            from interaction_principals
            where counts
            union all
            select principal_id, week_on, author_id, interaction_type, -interactions_count from principal_weeks
            union all
            select d.principal_id, d.week_on, d.author_id, d.interaction_type, -d.interactions
            from principal_deltas d
            where d.week_on is not null
        ) as difference
        group by principal_id, week_on, author_id, interaction_type
        having sum(n) <> 0
    ),
    mended as (
        insert into principal_weeks as w (principal_id, week_on, author_id, interaction_type, interactions_count)
        select principal_id, week_on, author_id, interaction_type, n
        from drift
        on conflict (principal_id, week_on, author_id, interaction_type) do update
        set interactions_count = w.interactions_count + excluded.interactions_count
    )
    select count(*), coalesce(sum(abs(n)), 0) from drift into weeks, interactions;
end
$$;
revoke execute on function recompute_principal_weeks() from public;
grant execute on function recompute_principal_weeks() to kp_system;
