-- Make the principals of these interactions true: derived rows are the principals of the interaction's opportunity
-- (rows of principals named by hand stay), and each row's copies are those of the interaction. Answers how many rows
-- were wrong. The only place that says what interaction_principals must hold; triggers and the recompute call it.
-- Takes the opportunities `for key share` first, in a statement of its own: the next one then sees what whoever
-- held them `for update` has done.
create or replace function derive_interaction_principals(interactions_to_derive bigint[]) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    wrong bigint;
begin
    perform from opportunities
    where opportunity_id in (
        select i.opportunity_id from unnest(interactions_to_derive) as x (interaction_id)
        join interactions i using (interaction_id)
    )
    order by opportunity_id
    for key share;

    with due as (
        select i.interaction_id, i.opportunity_id, i.interaction_date, i.author_id, i.interaction_type,
            i.is_touch and i.deleted_at is null and o.deleted_at is null as counts
        from unnest(interactions_to_derive) as x (interaction_id)
        join interactions i using (interaction_id)
        left join opportunities o using (opportunity_id)
    ),
    gone as (
        delete from interaction_principals ip
        using due
        where ip.interaction_id = due.interaction_id
            and ip.is_derived
            and not exists (
                select from opportunity_principals op
                where op.opportunity_id = due.opportunity_id and op.principal_id = ip.principal_id
            )
        returning 1
    ),
    mended as (
        update interaction_principals ip
        set interaction_date = due.interaction_date,
            author_id = due.author_id,
            interaction_type = due.interaction_type,
            counts = due.counts
        from due
        where ip.interaction_id = due.interaction_id
            and (ip.interaction_date, ip.author_id, ip.interaction_type, ip.counts)
                is distinct from (due.interaction_date, due.author_id, due.interaction_type, due.counts)
            and (
                not ip.is_derived
                or exists (
                    select from opportunity_principals op
                    where op.opportunity_id = due.opportunity_id and op.principal_id = ip.principal_id
                )
            )
        returning 1
    ),
    made as (
        insert into interaction_principals
            (interaction_id, principal_id, is_derived, interaction_date, author_id, interaction_type, counts)
        select due.interaction_id, op.principal_id, true, due.interaction_date, due.author_id,
            due.interaction_type, due.counts
        from due
        join opportunity_principals op using (opportunity_id)
        on conflict do nothing
        returning 1
    )
    select (select count(*) from gone) + (select count(*) from mended) + (select count(*) from made)
    into wrong;
    return wrong;
end
$$;
revoke execute on function derive_interaction_principals(bigint[]) from public;
